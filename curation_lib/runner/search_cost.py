"""What a search for a mixture is told to cost, and what it took: on the machine of its workers, measured per scale.

`machine-<n>.json` beside the answer holds what was measured with the model of scale n.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from curation_lib.runner.machines import Sizes, machine_of, read_sizes
from curation_lib.runner.mixture_search import SearchPlan, left
from curation_lib.runner.run_clocks import clock_of, went
from curation_lib.runner.session import Session
from curation_lib.valuation.ablation import anew
from curation_lib.valuation.budget import Todo, todo
from curation_lib.valuation.cost import Cost, Machine, priced, work_of
from curation_lib.valuation.mixture_search import MixtureSearch
from curation_lib.valuation.runs import Run


class _Priced(NamedTuple):
    """machines: of each scale."""

    search: MixtureSearch
    machines: list[Machine]
    sizes: Sizes

    def cost(self, what: str, swarm: Sequence[Run], confirming: Sequence[Run]) -> Cost:
        """Of runs of the swarm, and of those that follow when its last is done."""
        work = work_of([*swarm, *confirming], self.sizes.measured, self.sizes.vocabulary)
        after = len(swarm) - 1 if swarm else None
        waiting = [one._replace(after=after) for one in work[len(swarm) :]]
        return priced(what, [*work[: len(swarm)], *waiting], self.of([*swarm, *confirming]), self.search.cost.currency)

    def of(self, runs: Sequence[Run]) -> list[Machine]:
        """Each run's machine: that of the scale of its model."""
        by_model = {scale.model: one for scale, one in zip(self.search.scales, self.machines, strict=True)}
        return [by_model[run.model] for run in runs]


def costs_of(
    search: MixtureSearch, plan: SearchPlan, session: Session, confirming: Sequence[Run] | None = None
) -> list[Cost]:
    """What the search is told to cost, what its finished runs took, and the same mixtures with a large model.
    confirming: the runs that confirmed the answer, where they are known."""
    priced_with, swarm = _priced_with(search, plan, session), [one.run for one in plan.trials]
    runs = [*swarm, *(plan.to_confirm if confirming is None else confirming)]
    told = priced_with.cost("this search", swarm, runs[len(swarm) :])
    large = anew("the mixtures of the swarm", len(plan.mixtures), search.cost)
    known = swarm if confirming is None else runs
    clocks = {n: clock for n, run in enumerate(known) if (clock := clock_of(session.store, run)) is not None}
    if not clocks:
        return [told, large]
    done = [known[n] for n in clocks]
    took = went([*clocks.values()], priced_with.cost("", done, []), len(runs), priced_with.of(done))
    return [told, took, large]


def todo_of(search: MixtureSearch, plan: SearchPlan, session: Session) -> Todo:
    """The runs that the store does not hold yet, of the swarm and of what confirms it, priced."""
    swarm, confirming = left(plan, session.store)
    return todo([*swarm, *confirming], _priced_with(search, plan, session).cost("", swarm, confirming))


def _priced_with(search: MixtureSearch, plan: SearchPlan, session: Session) -> _Priced:
    sizes = read_sizes(session.store, plan.sources[0].pool, plan.measures.values())
    machines = []
    for n, _ in enumerate(search.scales):
        runs = [one.run for one in plan.trials if one.scale == n]
        key = f"{plan.place}/machine-{n}.json"
        machines.append(machine_of(key, runs[0], len(runs), sizes, search.cost, session))
    return _Priced(search, machines, sizes)
