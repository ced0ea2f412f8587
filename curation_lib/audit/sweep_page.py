"""A sweep of filter rates as files: its data, and one page with a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import log10
from typing import Any, NamedTuple

import jinja2

from curation_lib.audit.axis import Axis, axis
from curation_lib.audit.costs import FILTERS, put_costs
from curation_lib.audit.html_pages import template, write_report
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Cost

NAME = "sweep"
LEFT, WIDE, TOP, HIGH = 70, 660, 40, 240
"""Of the picture, in pixels of 760: where rates begin and how far they go, where losses begin and how far."""
MARGIN = 40
"""Pixels between a rate and the frame."""
ENDS = ("low", "high")
LOOKS = ("best", "even", "third", "fourth")
"""Classes of scales, in turn."""
LEGEND = (40, 174, 20)
"""Pixels where the legend begins, from one scale to the next, as many in a row as there are looks, and a row's
height."""


class Point(NamedTuple):
    """A rate at a scale, in pixels: loss above the scale's smallest, and its interval."""

    x: float
    y: float
    low: float
    high: float


class Line(NamedTuple):
    """A scale's points, where its best rate is, and its place in the legend."""

    parameters: int
    look: str
    points: list[Point]
    best: float
    legend: tuple[int, int]


def write(report: Mapping[str, Any], place: Store, costs: Sequence[Cost] = ()) -> list[str]:
    """Write sweep.json and sweep.html, and cost.json where there are costs; returns their addresses."""
    return [*write_report(NAME, report, lambda one: page(one, costs), place), *put_costs(costs, place)]


def page(report: Mapping[str, Any], costs: Sequence[Cost] = ()) -> str:
    """The report as HTML."""
    lines, up = drawn(report)
    rates = [row["rate"] for row in report["scales"][0]["rates"]]
    across = [(_x(rate, rates), f"{100 * rate:g} %") for rate in rates]
    frame = {"left": LEFT, "right": LEFT + WIDE, "top": TOP, "bottom": TOP + HIGH}
    return _template().render(report=report, costs=costs, lines=lines, up=up.marks(), across=across, frame=frame)


def drawn(report: Mapping[str, Any]) -> tuple[list[Line], Axis]:
    """Lines of the picture, and its upright axis of bits per byte above each scale's smallest loss."""
    scales = report["scales"]
    smallest = [min(row["loss"] for row in one["rates"]) for one in scales]
    up = axis(
        (row[end] - low for one, low in zip(scales, smallest, strict=True) for row in one["rates"] for end in ENDS),
        TOP + HIGH,
        TOP,
        margin=0,
    )
    return [_line(n, one, low, up) for n, (one, low) in enumerate(zip(scales, smallest, strict=True))], up


def _line(n: int, scale: Mapping[str, Any], smallest: float, up: Axis) -> Line:
    rates = [row["rate"] for row in scale["rates"]]
    apart = 5 * n  # intervals of scales stand beside each other
    points = [
        Point(_x(row["rate"], rates) + apart, *(up.at(row[end] - smallest) for end in ("loss", *ENDS)))
        for row in scale["rates"]
    ]
    row, column = divmod(n, len(LOOKS))
    legend = (LEGEND[0] + LEGEND[1] * column, TOP + HIGH + 66 + LEGEND[2] * row)
    return Line(scale["parameters"], LOOKS[column], points, _x(scale["best"], rates) + 2 * n, legend)


def _x(rate: float, rates: list[float]) -> float:
    far: float = (log10(rate) - log10(rates[0])) / (log10(rates[-1]) - log10(rates[0]))
    return LEFT + MARGIN + (WIDE - 2 * MARGIN) * far


@cache
def _template() -> jinja2.Template:
    filters = {
        **FILTERS,
        "percent": lambda share: f"{100 * share:.3g} %",
        "px": "{:.1f}".format,
        "loss": "{:.4f}".format,
        "slope": "{:+.3f}".format,
        "size": "{:,.0f}".format,
    }
    return template("sweep.html.j2", filters)
