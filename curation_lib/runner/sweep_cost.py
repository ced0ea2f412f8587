"""What a sweep of filter rates is told to cost, and what it took."""

from __future__ import annotations

from curation_lib.runner.filter_sweep import SweepPlan
from curation_lib.runner.run_files import result_of
from curation_lib.runner.scaled_cost import ScaledCost, scaled_cost
from curation_lib.runner.session import Session
from curation_lib.valuation.ablation import anew
from curation_lib.valuation.budget import Todo, todo
from curation_lib.valuation.cost import Cost
from curation_lib.valuation.filter_sweep import FilterSweep


def costs_of(sweep: FilterSweep, plan: SweepPlan, session: Session) -> list[Cost]:
    """What the sweep is told to cost, what its finished runs took, and the runs of one scale with a large model."""
    scaled, runs = _scaled(sweep, plan, session), [cell.run for cell in plan.cells]
    large = anew("the runs of one size", len(runs) // len(sweep.scales), sweep.cost)
    return [scaled.cost("this sweep", runs), *scaled.took(runs, len(runs), session.store), large]


def todo_of(sweep: FilterSweep, plan: SweepPlan, session: Session) -> Todo:
    """The runs that the store does not hold yet, priced."""
    runs = [cell.run for cell in plan.cells if result_of(session.store, cell.run) is None]
    return todo(runs, _scaled(sweep, plan, session).cost("", runs))


def _scaled(sweep: FilterSweep, plan: SweepPlan, session: Session) -> ScaledCost:
    return scaled_cost(plan.place, [cell.run for cell in plan.cells], plan.kept[0].pool, sweep.cost, session)
