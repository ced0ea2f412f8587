"""A sweep of filter rates told: its report in the store, with its page and its costs."""

from __future__ import annotations

from typing import Any

from curation_lib.audit.sweep_page import write
from curation_lib.runner.filter_sweep import SweepPlan, judge
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.sweep_cost import costs_of
from curation_lib.valuation.filter_sweep import FilterSweep


def reported(sweep: FilterSweep, planned: SweepPlan, session: Session, output: str | None = None) -> dict[str, Any]:
    """The report of a sweep, which is carried out where it is not yet; `written`: addresses of its files, in the store
    and in the folder or at the URL of `output`, too."""
    costs_of(sweep, planned, session)  # measures the machine, which cannot be done while it trains
    report = judge(sweep, planned, session)
    costs = costs_of(sweep, planned, session)
    places = [Store(session.store.address(planned.place)), *([Store(output)] if output else [])]
    return {**report, "written": [address for place in places for address in write(report, place, costs)]}
