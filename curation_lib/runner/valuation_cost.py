"""What a valuation is told to cost before it runs, and what it took: on the machine of its workers, measured once.

`machine.json` beside the verdict holds that machine, so that what was told is not told otherwise afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.runner.pools import facts_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.training import key_of
from curation_lib.runner.valuation import Plan, left, place_of
from curation_lib.valuation.ablation import costs
from curation_lib.valuation.calibrate import calibrate
from curation_lib.valuation.cost import Cost, Machine, h100, priced, work_of
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.runs import Run

MACHINE = "machine.json"


class Ask(NamedTuple):
    """A measurement on its way to a worker: of its machine with `workers` processes like itself."""

    run: Run
    vocabulary: int
    workers: int
    price: float
    document_tokens: int


def machine_of(valuation: Valuation, plan: Plan, session: Session) -> Machine:
    """The machine of the workers: measured by one of them and kept in the store; of GPUs what the settings assume."""
    settings, key = valuation.cost, f"{place_of(valuation, plan)}/{MACHINE}"
    if valuation.optimisation.device == "cuda":
        return h100(settings.model_copy(update={"gpus": valuation.optimisation.devices}))
    if (told := session.store.find_json(key)) is None:
        facts = [facts_of(session.store, place) for place in plan.pools.measures.values()]
        average = sum(one["tokens"] for one in facts) // sum(one["documents"] for one in facts)
        vocabulary = facts_of(session.store, plan.pools.base)["vocabulary"]
        workers = min(session.scheduler.processes, len(plan.anneals))
        ask = Ask(plan.trunk, vocabulary, workers, settings.cpu_price, max(1, average))
        (machine,) = session.scheduler.run(_measure, [ask], lambda _: None, resources={"train": 1})  # type: ignore[arg-type, list-item]
        told = machine._asdict()
        session.store.put(key, canonical_json(told))
    return Machine(**{**told, "assumes": tuple(told["assumes"])})


def _measure(ask: Ask) -> Machine:
    return calibrate(*ask)


def costs_of(valuation: Valuation, plan: Plan, session: Session) -> list[Cost]:
    """What the valuation is told to cost, what its finished runs took, a full ablation, and both for a large model."""
    machine, store = machine_of(valuation, plan, session), session.store
    measured = {key: facts_of(store, key)["tokens"] for key in plan.pools.measures.values()}
    vocabulary = facts_of(store, plan.pools.base)["vocabulary"]
    told = costs(plan.trunk, plan.runs, plan.untrained, measured, vocabulary, machine, valuation.cost)
    runs = (plan.trunk, *plan.anneals, *plan.untrained)
    clocks = [clock for run in runs if (clock := _clock(store, run)) is not None]
    if not clocks:
        return told
    return [told[0], went(clocks, told[0], machine), *told[1:]]


def cost_left(valuation: Valuation, plan: Plan, session: Session) -> Cost:
    """What the runs cost that the store does not hold yet."""
    machine, store = machine_of(valuation, plan, session), session.store
    measured = {key: facts_of(store, key)["tokens"] for key in plan.pools.measures.values()}
    vocabulary = facts_of(store, plan.pools.base)["vocabulary"]
    work = work_of(left(plan, store), measured, vocabulary)
    return priced("what is left to train", work, machine, valuation.cost.currency)


def _clock(store: Store, run: Run) -> Mapping[str, Any] | None:
    return store.find_json(f"{key_of(run)}/run.json")


def went(clocks: Sequence[Mapping[str, Any]], told: Cost, machine: Machine) -> Cost:
    """What runs took by the clock, beside what was told of them. hours: those in which any was at work."""
    spans = sorted((one["finished"] - sum(one["seconds"].values()), one["finished"]) for one in clocks)
    wall, until = 0.0, spans[0][0]
    for begun, finished in spans:
        wall += max(0.0, finished - max(begun, until))
        until = max(until, finished)
    hours = sum(finished - begun for begun, finished in spans) * machine.devices / 3600
    what = "as it went, by the clock" if len(clocks) == told.runs else f"as it went, {len(clocks)} of {told.runs} runs"
    return told._replace(
        what=what, runs=len(clocks), hours=wall / 3600, device_hours=hours, money=hours * machine.price
    )
