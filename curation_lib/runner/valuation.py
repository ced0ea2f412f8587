"""A valuation carried out in a store: pools, the trunk, the anneals, the verdict. Each step takes what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.core.fingerprint import fingerprint
from curation_lib.runner.run_files import result_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.training import carry_out
from curation_lib.runner.valuation_pools import pools_of
from curation_lib.valuation.anneals import Pools, anneals_of, answering, arms_of, gaps_of, trunk_of
from curation_lib.valuation.arms import CONTROL, Arm, Measured
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.report import Told, report
from curation_lib.valuation.runs import Run, RunResult
from curation_lib.valuation.verdict import judge as judged

VERDICT = "verdict.json"


class Plan(NamedTuple):
    """What a valuation trains. runs: one per seed of each arm. gaps: by candidate the controls as they are, measuring
    its documents. answering: the trunk as it is, where there are benchmarks. print: what names the valuation in its
    store: the hash of all its arms' runs, which the others follow from, and of how they are judged. notes: what of it
    is not as it was asked."""

    pools: Pools
    trunk: Run
    runs: Mapping[Arm, list[Run]]
    gaps: Mapping[str, list[Run]]
    notes: tuple[str, ...]
    print: str
    answering: Run | None = None

    @property
    def anneals(self) -> list[Run]:
        return [run for runs in self.runs.values() for run in runs]

    @property
    def untrained(self) -> list[Run]:
        """The runs of no tokens of each candidate, behind those that they start from."""
        return [run for runs in self.gaps.values() for run in runs]

    @property
    def after_trunk(self) -> list[Run]:
        """All that comes after the trunk."""
        return [*self.anneals, *self.untrained, *([self.answering] if self.answering else [])]


def plan(valuation: Valuation, session: Session) -> Plan:
    """The valuation's runs, its documents read and tokenized. Trains nothing.

    Raises ConfigError for documents that are not there or do not do, naming the key.
    """
    pools = pools_of(valuation, session)
    arms, notes = arms_of(valuation, pools.tokens)
    trunk = trunk_of(valuation, pools)
    runs = anneals_of(valuation, pools, arms, trunk)
    told = [[arm.label, [run.print for run in each]] for arm, each in runs.items()]
    print_ = fingerprint([told, valuation.verdict.model_dump()])
    gaps = gaps_of(valuation, pools, runs[CONTROL])
    return Plan(pools, trunk, runs, gaps, tuple(notes), print_, answering(trunk, pools))


def left(plan: Plan, store: Store) -> list[Run]:
    """The runs that are still to be carried out, in order."""
    runs = {run.print: run for run in [plan.trunk, *plan.after_trunk]}
    return [run for run in runs.values() if result_of(store, run) is None]


def train_trunk(plan: Plan, session: Session) -> None:
    """The trunk in the store; twenty candidates of one base share it."""
    carry_out([plan.trunk], session, "trunk")


def anneal(plan: Plan, session: Session) -> None:
    """Every anneal in the store, what controls make of each candidate, and what the trunk answers."""
    carry_out(plan.after_trunk, session, "anneal")


def judge(valuation: Valuation, plan: Plan, session: Session) -> dict[str, Any]:
    """The verdict as data, in the store at `valuations/<name>/<print>/verdict.json`: the same runs, the same bytes.
    Anneals that are not there are carried out; the trunk has to be."""
    results = {arm: carry_out(runs, session, "judge") for arm, runs in plan.runs.items()}
    trunk = result_of(session.store, plan.trunk)
    epochs = {arm: _epochs(plan, arm, found[0].epochs) for arm, found in results.items()}
    curves = {"trunk": trunk.curve if trunk else (), **{arm.label: found[0].curve for arm, found in results.items()}}
    observed = _observed(plan, results, session)
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


def _observed(plan: Plan, results: Mapping[Arm, Sequence[RunResult]], session: Session) -> dict[Arm, list[Measured]]:
    """What every seed of every arm measured; controls beside it what they make of each candidate's documents."""
    observed: dict[Arm, list[Measured]] = {arm: [one.losses for one in found] for arm, found in results.items()}
    for runs in plan.gaps.values():
        gaps = carry_out(runs, session, "judge")
        observed[CONTROL] = [{**one, **gap.losses} for one, gap in zip(observed[CONTROL], gaps, strict=True)]
    return observed


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
