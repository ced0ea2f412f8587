"""A search for a mixture told: its report in the store, with its page and its costs."""

from __future__ import annotations

from typing import Any

from curation_lib.audit.mixture_page import write
from curation_lib.runner.mixture_fit import confirming, fit
from curation_lib.runner.mixture_search import SearchPlan
from curation_lib.runner.search_cost import costs_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.valuation.mixture_search import MixtureSearch


def reported(search: MixtureSearch, planned: SearchPlan, session: Session, output: str | None = None) -> dict[str, Any]:
    """The report of a search, which is carried out where it is not yet; `written`: addresses of its files, in the store
    and in the folder or at the URL of `output`, too."""
    costs_of(search, planned, session)  # measures the machine, which cannot be done while it trains
    report = fit(search, planned, session)
    costs = costs_of(search, planned, session, confirming(search, planned, report))
    places = [Store(session.store.address(planned.place)), *([Store(output)] if output else [])]
    return {**report, "written": [address for place in places for address in write(report, place, costs)]}
