"""A valuation carried out in a store: pools, the trunk, the anneals, the verdict. Each step takes what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from curation_lib.core.fingerprint import fingerprint
from curation_lib.runner.apart import TrainedOn, require_apart, require_several
from curation_lib.runner.benchmarks import read_tasks, stored
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.pool_documents import View, documents, measure_view
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import Viewed, facts_of, made_pools
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.training import carry_out, result_of
from curation_lib.valuation.arms import Arm
from curation_lib.valuation.experiment import Pools, Valuation, anneals_of, answering, arms_of, trunk_of
from curation_lib.valuation.report import Told, report
from curation_lib.valuation.runs import Run
from curation_lib.valuation.verdict import judge as judged

VERDICT = "verdict.json"
_APART = ("target/", "guard/", "task/")
_KINDS = ("candidates", "shuffled")


class Plan(NamedTuple):
    """What a valuation trains. runs: one per seed of each arm. answering: the trunk as it is, where there are
    benchmarks. print: what names the valuation in its store: the hash
    of all its runs and of how they are judged. notes: what of it is not as it was asked."""

    pools: Pools
    trunk: Run
    runs: Mapping[Arm, list[Run]]
    notes: tuple[str, ...]
    print: str
    answering: Run | None = None

    @property
    def anneals(self) -> list[Run]:
        return [run for runs in self.runs.values() for run in runs]

    @property
    def after_trunk(self) -> list[Run]:
        """All that starts from the trunk."""
        return [*self.anneals, *([self.answering] if self.answering else [])]


def plan(valuation: Valuation, session: Session) -> Plan:
    """The valuation's runs, its documents read and tokenized. Trains nothing.

    Raises ConfigError for documents that are not there or do not do, naming the key.
    """
    pools = _pools(valuation, session)
    arms, notes = arms_of(valuation, pools.tokens)
    trunk = trunk_of(valuation, pools)
    runs = anneals_of(valuation, pools, arms, trunk)
    told = [[arm.label, [run.print for run in each]] for arm, each in runs.items()]
    print_ = fingerprint([told, valuation.verdict.model_dump()])
    return Plan(pools, trunk, runs, tuple(notes), print_, answering(trunk, pools))


def _pools(valuation: Valuation, session: Session) -> Pools:
    questions = read_tasks(valuation.benchmarks)
    base = documents(valuation.base, session, "base")
    found = {name: documents(one, session, f"candidates.{name}") for name, one in valuation.candidates.items()}
    measured, seen = _measured(valuation, base, found, session), 1 - valuation.unseen_part
    trained: dict[str, Viewed] = {"base": (base, View())}
    trained |= {f"candidates.{n}": (one, View(high=seen)) for n, one in found.items()}
    if valuation.negative:
        trained |= {f"shuffled.{n}": (one, View(high=seen, shuffle=True)) for n, one in found.items()}
    tokenizer = tokenizer_of(valuation.tokenizer, base, session)
    keys = made_pools(trained | measured, tokenizer, session)
    candidates, shuffled = ({n: keys[f"{kind}.{n}"] for n in found if f"{kind}.{n}" in keys} for kind in _KINDS)
    measures = {name: keys[name] for name in measured}
    _require_fair(valuation, keys["base"], candidates, measures, session.store)
    tokens = {name: facts_of(session.store, key)["tokens"] for name, key in candidates.items()}
    benchmarks = stored(questions, tokenizer, valuation.benchmark_items, session.store)
    return Pools(keys["base"], candidates, shuffled, tokens, measures, benchmarks)


def _measured(
    valuation: Valuation, base: list[Manifest], candidates: Mapping[str, list[Manifest]], session: Session
) -> dict[str, Viewed]:
    named = {f"target/{name}": one for name, one in valuation.targets.items()}
    named |= {f"guard/{name}": one for name, one in valuation.guards.items()}
    named |= {f"task/{name}": one for name, one in valuation.tasks.items()}
    seen, shown = 1 - valuation.unseen_part, valuation.measured
    measured: dict[str, Viewed] = {
        name: (documents(one, session, name), measure_view(one)) for name, one in named.items()
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
    require_several(measures, store)
    require_apart(trained, {name: key for name, key in measures.items() if name.startswith(_APART)}, store)


def left(plan: Plan, store: Store) -> list[Run]:
    """The runs that are still to be carried out, in order."""
    runs = {run.print: run for run in [plan.trunk, *plan.after_trunk]}
    return [run for run in runs.values() if result_of(store, run) is None]


def train_trunk(plan: Plan, session: Session) -> None:
    """The trunk in the store; twenty candidates of one base share it."""
    carry_out([plan.trunk], session, "trunk")


def anneal(plan: Plan, session: Session) -> None:
    """Every anneal in the store, and what the trunk answers."""
    carry_out(plan.after_trunk, session, "anneal")


def judge(valuation: Valuation, plan: Plan, session: Session) -> dict[str, Any]:
    """The verdict as data, in the store at `valuations/<name>/<print>/verdict.json`: the same runs, the same bytes.
    Anneals that are not there are carried out; the trunk has to be."""
    results = {arm: carry_out(runs, session, "judge") for arm, runs in plan.runs.items()}
    trunk = result_of(session.store, plan.trunk)
    epochs = {arm: _epochs(plan, arm, found[0].epochs) for arm, found in results.items()}
    curves = {"trunk": trunk.curve if trunk else (), **{arm.label: found[0].curve for arm, found in results.items()}}
    observed = {arm: [one.losses for one in found] for arm, found in results.items()}
    told = Told(
        valuation.valuation,
        plan.trunk.print,
        comparable(valuation, plan),
        epochs,
        curves,
        plan.notes,
        answers={arm: [one.answers for one in found] for arm, found in results.items()},
        trunk_answers=carry_out([plan.answering], session, "judge")[0].answers if plan.answering else {},
    )
    verdict = report(judged(observed, valuation.verdict), observed, told)
    session.store.put(f"{place_of(valuation, plan)}/{VERDICT}", canonical_json(verdict))
    return verdict


def comparable(valuation: Valuation, plan: Plan) -> str:
    """A hash of what effects are relative to: trunk, tokens of an anneal, targets and guards."""
    measures = {n: key for n, key in plan.pools.measures.items() if n.startswith(("target/", "guard/"))}
    return fingerprint([plan.trunk.print, valuation.anneal_tokens, measures])


def place_of(valuation: Valuation, plan: Plan) -> str:
    """Store key of the folder of a valuation's report."""
    return f"valuations/{valuation.valuation}/{plan.print}"


def _epochs(plan: Plan, arm: Arm, read: Mapping[str, float]) -> float:
    """How often the arm's own documents were gone through; the base's where it has none."""
    of = {"candidate": plan.pools.candidates, "negative": plan.pools.shuffled}.get(arm.kind, {})
    return read[of.get(arm.candidate, plan.pools.base)]


def value(valuation: Valuation, session: Session) -> dict[str, Any]:
    """The whole valuation: plan, trunk, anneals, verdict."""
    planned = plan(valuation, session)
    train_trunk(planned, session)
    anneal(planned, session)
    return judge(valuation, planned, session)
