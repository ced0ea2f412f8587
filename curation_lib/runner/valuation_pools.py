"""The pools of a valuation: what is trained on and what is measured with, told apart, under the names of its file."""

from __future__ import annotations

from collections.abc import Mapping

from curation_lib.runner.apart import TrainedOn, require_apart, require_several
from curation_lib.runner.benchmarks import read_tasks, stored
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.pool_documents import View, documents, measure_view
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import Viewed, facts_of, made_pools
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.anneals import SHARED, Pools
from curation_lib.valuation.experiment import Valuation

_KINDS = ("candidates", "shuffled")


def pools_of(valuation: Valuation, session: Session) -> Pools:
    """The valuation's documents read and tokenized, what is there taken. Raises ConfigError for documents that are not
    there or do not do, naming the key."""
    questions = read_tasks(valuation.benchmarks)
    base = documents(valuation.base, session, "base")
    found = {name: documents(one, session, f"candidates.{name}") for name, one in valuation.candidates.items()}
    measured, seen = _measured(valuation, base, found, session), 1 - valuation.unseen_part
    trained: dict[str, Viewed] = {"base": (base, View())}
    trained |= {f"candidates.{n}": (one, View(high=seen)) for n, one in found.items()}
    if valuation.negative:
        trained |= {f"shuffled.{n}": (one, View(high=seen, shuffle=True)) for n, one in found.items()}
    tokenizer = tokenizer_of(valuation.tokenizer, base, session)
    keys = made_pools(trained | {_key(valuation, name): one for name, one in measured.items()}, tokenizer, session)
    candidates, shuffled = ({n: keys[f"{kind}.{n}"] for n in found if f"{kind}.{n}" in keys} for kind in _KINDS)
    measures = {name: keys[_key(valuation, name)] for name in measured}
    _require_fair(valuation, keys["base"], candidates, measures, session.store)
    tokens = {name: facts_of(session.store, key)["tokens"] for name, key in candidates.items()}
    benchmarks = stored(questions, tokenizer, valuation.benchmark_items, session.store)
    return Pools(keys["base"], candidates, shuffled, tokens, measures, benchmarks)


def _key(valuation: Valuation, name: str) -> str:
    """What the file calls a measure set."""
    kind, _, of = name.partition("/")
    if kind == "guard" and not valuation.guards:
        return "guard_part (of base)"
    parts = {"seen": f"measured (of candidates.{of})", "unseen": f"unseen_part (of candidates.{of})"}
    return parts.get(kind, f"{kind}s.{of}")


def _measured(
    valuation: Valuation, base: list[Manifest], candidates: Mapping[str, list[Manifest]], session: Session
) -> dict[str, Viewed]:
    """The documents of measure sets, by their names as `arms.Measured` has them."""
    named = {f"target/{name}": one for name, one in valuation.targets.items()}
    named |= {f"guard/{name}": one for name, one in valuation.guards.items()}
    named |= {f"task/{name}": one for name, one in valuation.tasks.items()}
    seen, shown = 1 - valuation.unseen_part, valuation.measured
    measured: dict[str, Viewed] = {
        name: (documents(one, session, _key(valuation, name)), measure_view(one)) for name, one in named.items()
    }
    if not valuation.guards:
        measured["guard/base"] = (base, measure_view(shown, low=1 - valuation.guard_part))
    for name, one in candidates.items():
        measured[f"seen/{name}"] = (one, measure_view(shown, high=seen))
        measured[f"unseen/{name}"] = (one, measure_view(shown, low=seen))
    return measured


def _require_fair(
    valuation: Valuation, base: str, candidates: Mapping[str, str], measures: Mapping[str, str], store: Store
) -> None:
    """Raises ConfigError where an arm would be trained on what all are measured with, or by too few documents."""
    trained = {"base": TrainedOn(base, 1 - valuation.guard_part)}
    trained |= {f"candidates.{name}": TrainedOn(key) for name, key in candidates.items()}
    require_several({_key(valuation, name): key for name, key in measures.items()}, store)
    shared = {name: key for name, key in measures.items() if name.partition("/")[0] in SHARED}
    require_apart(trained, {_key(valuation, name): key for name, key in shared.items()}, store)
