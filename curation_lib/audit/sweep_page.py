"""A sweep of filter rates as files: its data, and one page with a picture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import log10
from typing import Any, NamedTuple

import jinja2

from curation_lib.audit.html_pages import template, write_report
from curation_lib.runner.store import Store

NAME = "sweep"
LEFT, WIDE, TOP, HIGH = 70, 660, 40, 240
"""Of the picture, in pixels of 760: where rates begin and how far they go, where losses begin and how far."""
ENDS = ("low", "high")
MARGIN = 40
"""Pixels between a rate and the frame."""


class Point(NamedTuple):
    """A rate at a scale, in pixels: loss above the scale's smallest, and its interval."""

    x: float
    y: float
    low: float
    high: float


class Line(NamedTuple):
    """A scale's points, and where its best rate is."""

    parameters: int
    points: list[Point]
    best: float


class Tick(NamedTuple):
    at: float
    text: str


def write(report: Mapping[str, Any], place: Store) -> list[str]:
    """Write sweep.json and sweep.html; returns their addresses."""
    return write_report(NAME, report, page, place)


def page(report: Mapping[str, Any]) -> str:
    """The report as HTML."""
    lines, ticks = drawn(report)
    rates = [row["rate"] for row in report["scales"][0]["rates"]]
    across = [Tick(_x(rate, rates), f"{100 * rate:g} %") for rate in rates]
    frame = {"left": LEFT, "right": LEFT + WIDE, "top": TOP, "bottom": TOP + HIGH}
    return _template().render(report=report, lines=lines, ticks=ticks, across=across, frame=frame)


def drawn(report: Mapping[str, Any]) -> tuple[list[Line], list[Tick]]:
    """Lines of the picture and marks of its upright, on one scale of bits per byte above each smallest loss."""
    scales = report["scales"]
    smallest = [min(row["loss"] for row in one["rates"]) for one in scales]
    above = [
        [row[end] - low for row in one["rates"]] for one, low in zip(scales, smallest, strict=True) for end in ENDS
    ]
    least, most = min(map(min, above)), max(map(max, above))
    span: float = max(most - least, 1e-9)
    step = 10.0 ** round(log10(span) - 0.5)
    rates = [row["rate"] for row in scales[0]["rates"]]

    def y(value: float) -> float:
        return TOP + HIGH * float(most - value) / span

    lines = [
        Line(
            one["parameters"],
            [Point(_x(row["rate"], rates), *(y(row[end] - low) for end in ("loss", *ENDS))) for row in one["rates"]],
            _x(one["best"], rates),
        )
        for one, low in zip(scales, smallest, strict=True)
    ]
    first, last = int(least // step) + 1, int(most // step)
    return lines, [Tick(y(n * step), f"{n * step:.4g}") for n in range(first, last + 1)]


def _x(rate: float, rates: list[float]) -> float:
    far: float = (log10(rate) - log10(rates[0])) / (log10(rates[-1]) - log10(rates[0]))
    return LEFT + MARGIN + (WIDE - 2 * MARGIN) * far


@cache
def _template() -> jinja2.Template:
    filters = {
        "percent": lambda share: f"{100 * share:.3g} %",
        "px": "{:.1f}".format,
        "loss": "{:.4f}".format,
        "slope": "{:+.3f}".format,
        "size": "{:,.0f}".format,
    }
    return template("sweep.html.j2", filters)
