"""What a search for a mixture is told to cost, and what it took."""

from __future__ import annotations

from collections.abc import Sequence

from curation_lib.runner.mixture_search import SearchPlan, left
from curation_lib.runner.scaled_cost import ScaledCost, scaled_cost
from curation_lib.runner.session import Session
from curation_lib.valuation.ablation import anew
from curation_lib.valuation.budget import Todo, todo
from curation_lib.valuation.cost import Cost
from curation_lib.valuation.mixture_search import MixtureSearch
from curation_lib.valuation.runs import Run


def costs_of(search: MixtureSearch, plan: SearchPlan, session: Session, confirming: Sequence[Run] = ()) -> list[Cost]:
    """What the search is told to cost, what its finished runs took, and the same mixtures with a large model.
    confirming: the runs that confirmed the answer, where they are known."""
    scaled, swarm = _scaled(search, plan, session), [one.run for one in plan.trials]
    told = scaled.cost("this search", swarm, plan.to_confirm)
    took = scaled.took([*swarm, *confirming], told.runs, session.store)
    return [told, *took, anew("the mixtures of the swarm", len(plan.mixtures), search.cost)]


def todo_of(search: MixtureSearch, plan: SearchPlan, session: Session) -> Todo:
    """The runs that the store does not hold yet, of the swarm and of what confirms it, priced."""
    swarm, confirming = left(plan, session.store)
    return todo([*swarm, *confirming], _scaled(search, plan, session).cost("", swarm, confirming))


def _scaled(search: MixtureSearch, plan: SearchPlan, session: Session) -> ScaledCost:
    return scaled_cost(plan.place, [one.run for one in plan.trials], plan.sources[0].pool, search.cost, session)
