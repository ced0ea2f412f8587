"""Runs of several scales priced: each on a machine that was measured with its own model.

`machine-<n>.json` beside the answer of a search or a sweep holds what was measured with the n-th model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from curation_lib.runner.machines import Sizes, machine_of, read_sizes
from curation_lib.runner.run_clocks import clock_of, went
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Cost, CostSettings, Machine, priced, work_of
from curation_lib.valuation.model_settings import ModelSettings
from curation_lib.valuation.runs import Run


class ScaledCost(NamedTuple):
    """machines: by the model that they were measured with."""

    machines: Mapping[ModelSettings, Machine]
    sizes: Sizes
    currency: str

    def cost(self, what: str, runs: Sequence[Run], then: Sequence[Run] = ()) -> Cost:
        """Of runs, and of those that follow when the last of them is done."""
        work = work_of([*runs, *then], self.sizes.measured, self.sizes.vocabulary)
        last = len(runs) - 1 if runs else None
        waiting = [one._replace(after=last) for one in work[len(runs) :]]
        return priced(what, [*work[: len(runs)], *waiting], self._machines([*runs, *then]), self.currency)

    def took(self, runs: Sequence[Run], of: int, store: Store) -> list[Cost]:
        """What those of the runs that are finished took by the clock, of so many in all; [] where none is."""
        found = [(run, clock) for run in runs if (clock := clock_of(store, run)) is not None]
        if not found:
            return []
        done = [run for run, _ in found]
        return [went([clock for _, clock in found], self.cost("", done), of, self._machines(done))]

    def _machines(self, runs: Sequence[Run]) -> list[Machine]:
        return [self.machines[run.model] for run in runs]


def scaled_cost(place: str, runs: Sequence[Run], pool: str, settings: CostSettings, session: Session) -> ScaledCost:
    """With machines that are measured where they were not yet. runs: all, in the order of their scales. pool: any that
    they read."""
    sizes = read_sizes(session.store, pool, sorted({key for run in runs for key in run.measures.values()}))
    machines = {}
    for n, model in enumerate(dict.fromkeys(run.model for run in runs)):
        alike = [run for run in runs if run.model == model]
        machines[model] = machine_of(f"{place}/machine-{n}.json", alike[0], len(alike), sizes, settings, session)
    return ScaledCost(machines, sizes, settings.currency)
