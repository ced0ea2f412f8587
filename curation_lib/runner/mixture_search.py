"""A search for a mixture: its sources as pools, its swarm of proxy runs, and these as a table.

What a store holds is not done again, so that every function may be called again.

`searches/<name>/<fingerprint>/`: `runs.csv`, a row per run of the swarm, and `natural.yaml`, as `winnow mix optimise`
reads them; `mixture.json`, `mixture.html`, `weights.yaml` and `cost.json` (see `audit/mixture_page.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.mix.search.baselines import baselines
from curation_lib.mix.search.natural import Natural
from curation_lib.mix.search.runs import Floats, Runs, made_runs
from curation_lib.runner.apart import TrainedOn, require_apart, require_several
from curation_lib.runner.mixture_question import require_answer
from curation_lib.runner.pool_documents import View, documents, measure_view
from curation_lib.runner.pool_tokenizers import tokenizer_of
from curation_lib.runner.pools import facts_of, made_pools
from curation_lib.runner.run_files import result_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.training import carry_out
from curation_lib.valuation.confirmation import TRAINED
from curation_lib.valuation.mixture_search import HELD_OUT, TARGET, MixtureSearch, SearchSource, sizes_of
from curation_lib.valuation.proxy import Source, matched
from curation_lib.valuation.runs import Run, RunResult
from curation_lib.valuation.swarm import Trial, drawn, swarm

ANSWER = "mixture.json"
VERSION = 1
"""Bump when the same runs would come to another answer."""


class SearchPlan(NamedTuple):
    """place: of the answer in the store. natural: shares and tokens of sources. mixtures: weights by name. measures:
    store keys by name. vocabulary: of the tokenizer. trials: every run of the swarm. flops: of their training.
    confirming: how many runs follow at the largest scale, of mixtures that the swarm is to find."""

    place: str
    sources: tuple[Source, ...]
    natural: Natural
    mixtures: Mapping[str, Floats]
    measures: Mapping[str, str]
    vocabulary: int
    trials: tuple[Trial, ...]
    flops: float
    confirming: int

    @property
    def to_confirm(self) -> list[Run]:
        """Runs that take as much as those that follow, whose mixtures are not known yet."""
        return [self.trials[-1].run] * self.confirming


def plan(search: MixtureSearch, session: Session) -> SearchPlan:
    """The runs, over pools that are made where they are not there. Raises ConfigError, before anything is trained, for
    limits that leave no mixture, sources that are too small or hold what they are measured with, models
    that do not grow, and swarms that determine no law."""
    sources, measures = _pools(search, session)
    held = np.array([source.held for source in sources], np.float64)
    target, licenses = search.target_run, {name: one.license for name, one in search.sources.items()}
    if held.sum() * target.max_epochs < target.tokens:
        raise ConfigError(
            f"target_run.tokens {target.tokens:,}: all sources hold {int(held.sum()):,}, which {target.max_epochs:g} "
            "times over do not fill it; lower it, raise target_run.max_epochs, or say what `tokens` sources have"
        )
    natural = Natural(held / held.sum(), "the sources' tokens", held, licenses)
    fixed = baselines(natural.shares, held * target.max_epochs / target.tokens)
    mixtures = {**fixed, **drawn(natural.shares, held, target.tokens, search.swarm)}
    trials = swarm(mixtures, sources, search.scales, target.tokens, measures, search.swarm.seed)
    for source in sources:  # of any the optimum may want as much as epochs allow
        matched(source, min(1.0, target.max_epochs * source.held / target.tokens), search.scales[-1], target.tokens)
    vocabulary = facts_of(session.store, sources[0].pool)["vocabulary"]
    sizes_of(search.scales, vocabulary)
    require_answer(search, _runs(search, trials, np.ones((len(trials), 1)), ["planned"], vocabulary), natural)
    flops = sum(one.run.tokens * one.run.model.flops_per_token(vocabulary) for one in trials)
    place = f"searches/{search.search}/{_print(search, trials)}"
    again = len(TRAINED) * search.confirmation.seeds
    return SearchPlan(place, tuple(sources), natural, mixtures, measures, vocabulary, tuple(trials), flops, again)


def _pools(search: MixtureSearch, session: Session) -> tuple[list[Source], dict[str, str]]:
    """Sources with their pools, and measure sets."""
    found = {name: documents(source, session, f"sources.{name}") for name, source in search.sources.items()}
    tokenizer = tokenizer_of(search.tokenizer, [one for manifests in found.values() for one in manifests], session)
    held_out = search.held_out
    kept_apart = View(0.0, held_out.share, held_out.documents, held_out.max_bytes)
    named = {f"{TARGET}/{name}": one for name, one in search.targets.items()}
    targets = {name: (documents(one, session, name), measure_view(one)) for name, one in named.items()}
    wanted = {
        **{f"sources.{name}": (manifests, View(low=held_out.share)) for name, manifests in found.items()},
        **targets,
        **{f"{HELD_OUT}/{name}": (found[name], kept_apart) for name in held_out.values},
    }
    keys = made_pools(wanted, tokenizer, session)
    measures = {name: keys[name] for name in search.values()}
    require_several(measures, session.store)
    pools = {name: keys[name] for name in wanted if name not in measures}
    require_apart({name: TrainedOn(key) for name, key in pools.items()}, measures, session.store)
    return [_source(name, one, pools[f"sources.{name}"], session) for name, one in search.sources.items()], measures


def _source(name: str, asked: SearchSource, pool: str, session: Session) -> Source:
    facts = facts_of(session.store, pool)
    return Source(name, pool, facts["documents"], facts["tokens"], asked.tokens or facts["tokens"])


def _print(search: MixtureSearch, trials: Sequence[Trial]) -> str:
    shapes = search.model_dump(
        mode="json", include={"limits", "target_run", "confirmation", "draws", "targets", "held_out"}
    )
    licenses = {name: one.license for name, one in search.sources.items()}
    return fingerprint([VERSION, shapes, licenses, [one.run.print for one in trials]])


def left(planned: SearchPlan, store: Store) -> tuple[list[Run], list[Run]]:
    """Runs that are still to be carried out, of the swarm and of what confirms it: all of these until there is an
    answer."""
    swarm = [one.run for one in planned.trials if result_of(store, one.run) is None]
    return swarm, [] if store.exists(f"{planned.place}/{ANSWER}") else planned.to_confirm


def run_swarm(planned: SearchPlan, session: Session) -> list[RunResult]:
    """The result of every run of the swarm, in the plan's order."""
    return carry_out([one.run for one in planned.trials], session, "swarm")


def table(search: MixtureSearch, planned: SearchPlan, results: Sequence[RunResult]) -> Runs:
    """The swarm as a table of runs: weights, parameters, and bits per byte on every target."""
    targets = list(search.values())
    losses = np.array([[one.losses[name].per_byte for name in targets] for one in results])
    return _runs(search, planned.trials, losses, targets, planned.vocabulary)


def _runs(
    search: MixtureSearch, trials: Sequence[Trial], losses: Floats, targets: Sequence[str], vocabulary: int
) -> Runs:
    sizes = np.array([one.run.model.parameters(vocabulary) for one in trials], np.float64)
    return made_runs(list(search.sources), np.array([one.weights for one in trials]), targets, losses, sizes)


def rows(search: MixtureSearch, planned: SearchPlan, results: Sequence[RunResult]) -> list[dict[str, Any]]:
    """runs.csv, row by row."""
    return [
        {
            "run": one.run.print,
            "mixture": one.mixture,
            "parameters": one.run.model.parameters(planned.vocabulary),
            "tokens": result.tokens,
            "seed": one.run.seed,
            **{f"weight_{name}": weight for name, weight in zip(search.sources, one.weights, strict=True)},
            **{name: result.losses[name].per_byte for name in search.values()},
        }
        for one, result in zip(planned.trials, results, strict=True)
    ]
