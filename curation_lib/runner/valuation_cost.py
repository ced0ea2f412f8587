"""What a valuation is told to cost before it runs, and what it took: on the machine of its workers, measured once.

`machine.json` beside the verdict holds what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from curation_lib.runner.machines import Sizes, machine_of, read_sizes
from curation_lib.runner.run_clocks import clock_of, went
from curation_lib.runner.session import Session
from curation_lib.runner.valuation import Plan, left, place_of
from curation_lib.valuation.ablation import costs
from curation_lib.valuation.budget import Todo, todo
from curation_lib.valuation.cost import Cost, Machine, priced, work_of
from curation_lib.valuation.experiment import Valuation
from curation_lib.valuation.runs import Run

MACHINE = "machine.json"


def costs_of(valuation: Valuation, plan: Plan, session: Session) -> list[Cost]:
    """What the valuation is told to cost, what its finished runs took, a full ablation, and both for a large model."""
    machine, sizes = _priced_with(valuation, plan, session)
    told = costs(plan.trunk, plan.runs, plan.untrained, sizes.measured, sizes.vocabulary, machine, valuation.cost)
    runs = [plan.trunk, *plan.anneals, *plan.untrained]
    clocks = {n: clock for n, run in enumerate(runs) if (clock := clock_of(session.store, run)) is not None}
    if not clocks:
        return told
    done = _cost([runs[n] for n in clocks], machine, sizes, valuation)
    return [told[0], went([*clocks.values()], done, len(runs), [machine] * len(clocks)), *told[1:]]


def todo_of(valuation: Valuation, plan: Plan, session: Session) -> Todo:
    """The runs that the store does not hold yet, priced."""
    runs = left(plan, session.store)
    return todo(runs, _cost(runs, *_priced_with(valuation, plan, session), valuation))


def _priced_with(valuation: Valuation, plan: Plan, session: Session) -> tuple[Machine, Sizes]:
    sizes = read_sizes(session.store, plan.pools.base, plan.pools.measures.values())
    key = f"{place_of(valuation, plan)}/{MACHINE}"
    return machine_of(key, plan.trunk, len(plan.anneals), sizes, valuation.cost, session), sizes


def _cost(runs: Sequence[Run], machine: Machine, sizes: Sizes, valuation: Valuation) -> Cost:
    return priced("", work_of(runs, sizes.measured, sizes.vocabulary), machine, valuation.cost.currency)
