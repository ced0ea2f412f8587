"""A valuation carried out in a store: pools, the trunk, the anneals, the verdict. Each step takes what is there."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.runner.benchmarks import read_tasks, stored
from curation_lib.runner.pools import View, digests_of, documents, facts_of, made_pools, measure_view, tokenizer_of
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
    base = documents(valuation.base, session)
    found = {name: documents(one, session) for name, one in valuation.candidates.items()}
    named = {f"target/{name}": one for name, one in valuation.targets.items()}
    named |= {f"guard/{name}": one for name, one in valuation.guards.items()}
    named |= {f"task/{name}": one for name, one in valuation.tasks.items()}
    seen, shown = 1 - valuation.unseen_part, valuation.measured
    wanted = {("base", ""): (base, View())}
    wanted |= {("candidate", name): (one, View(high=seen)) for name, one in found.items()}
    if valuation.negative:
        wanted |= {("shuffled", name): (one, View(high=seen, shuffle=True)) for name, one in found.items()}
    wanted |= {("measure", name): (documents(one, session), measure_view(one)) for name, one in named.items()}
    if not valuation.guards:
        wanted["measure", "guard/base"] = (base, measure_view(shown, low=1 - valuation.guard_part))
    for name, one in found.items():
        wanted["measure", f"seen/{name}"] = (one, measure_view(shown, high=seen))
        wanted["measure", f"unseen/{name}"] = (one, measure_view(shown, low=seen))
    tokenizer = tokenizer_of(valuation.tokenizer, base, session)
    keys = dict(zip(wanted, made_pools(list(wanted.values()), tokenizer, session), strict=True))
    of = {kind: {n: key for (k, n), key in keys.items() if k == kind} for kind in ("candidate", "shuffled", "measure")}
    _check_apart(of["candidate"], {n: key for n, key in of["measure"].items() if n.startswith(_APART)}, session.store)
    tokens = {name: facts_of(session.store, key)["tokens"] for name, key in of["candidate"].items()}
    benchmarks = stored(questions, tokenizer, valuation.benchmark_items, session.store)
    return Pools(keys["base", ""], of["candidate"], of["shuffled"], tokens, of["measure"], benchmarks)


def _check_apart(candidates: Mapping[str, str], measures: Mapping[str, str], store: Store) -> None:
    """Raises ConfigError where a candidate would be trained on what it is measured with."""
    digests = {key: digests_of(store, key) for key in (*candidates.values(), *measures.values())}
    for (name, pool), (set_, key) in product(candidates.items(), measures.items()):
        if shared := len(np.intersect1d(digests[pool], digests[key])):
            raise ConfigError(
                f"{set_}: {shared} of its {len(digests[key])} documents are in candidates.{name}, too; measure with "
                "documents that it does not have"
            )


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

    Raises ConfigError where a run has not been carried out.
    """
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
