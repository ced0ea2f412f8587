"""Costs of experiments beside their reports: `cost.json`, and the table of `costs.html.j2`. They are of a machine, so
they stand in no report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.cost import Cost

COST = "cost.json"
FILTERS: Mapping[str, Callable[..., str]] = {
    "flops": "{:.2e}".format,
    "amount": lambda value: f"{value:,.0f}" if value >= 100 else f"{value:,.3g}",
    "time": lambda hours: f"{60 * hours:.1f} min" if hours < 1 else f"{hours:,.1f} h",
}
"""What the table takes."""


def put_costs(costs: Sequence[Cost], place: Store) -> list[str]:
    """Write cost.json where there are costs; returns its address."""
    if not costs:
        return []
    place.put(COST, canonical_json([one._asdict() for one in costs]))
    return [place.address(COST)]
