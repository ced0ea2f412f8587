"""The search for a mixture as files: its data, the weights that ship, and one page with a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import jinja2

from curation_lib.audit.costs import FILTERS, put_costs
from curation_lib.audit.html_pages import template, write_report
from curation_lib.mix.search.answer import weights_file
from curation_lib.mix.search.verdict import OPTIMUM
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Cost

NAME = "mixture"
WEIGHTS = "weights.yaml"
LEFT, WIDE, ROW, TOP = 190, 470, 24, 66
"""Of the picture, in pixels of 760: where weights begin, how long the largest is, a row's height, the first row."""
PLACED = (OPTIMUM, "low", "high", "natural", "unimax")
"""What of a row of the report has a place in the picture."""


class Line(NamedTuple):
    """A domain's row: places in pixels of what the optimum is, its interval, natural and UniMax."""

    domain: str
    y: int
    optimum: float
    low: float
    high: float
    natural: float
    unimax: float
    value: str


def write(report: Mapping[str, Any], place: Store, costs: Sequence[Cost] = ()) -> list[str]:
    """Write weights.yaml, mixture.json and mixture.html, and cost.json where there are costs; returns their addresses,
    those of the report first."""
    place.put(WEIGHTS, weights_file(report).encode())
    written = write_report(NAME, report, lambda one: page(one, costs), place)
    return [*written, place.address(WEIGHTS), *put_costs(costs, place)]


def page(report: Mapping[str, Any], costs: Sequence[Cost] = ()) -> str:
    """The report as HTML."""
    lines = drawn(report["domains"])
    height = TOP + ROW * len(lines) + 10
    return _template().render(report=report, costs=costs, lines=lines, height=height, left=LEFT)


def drawn(domains: list[dict[str, Any]]) -> list[Line]:
    """Rows of the picture, on one scale."""
    longest = max(max(row[name] for name in PLACED) for row in domains)
    return [
        Line(
            row["domain"],
            TOP + ROW * n,
            value=f"{100 * row[OPTIMUM]:.1f} %",
            **{name: LEFT + WIDE * row[name] / longest for name in PLACED},
        )
        for n, row in enumerate(domains)
    ]


@cache
def _template() -> jinja2.Template:
    filters = {
        **FILTERS,
        "percent": lambda share: f"{100 * share:.1f} %",
        "px": "{:.1f}".format,
        "loss": "{:.4f}".format,
        "rank": "{:.3f}".format,
        "size": "{:,.0f}".format,
    }
    return template("mixture.html.j2", filters)
