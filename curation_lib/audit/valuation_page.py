"""A valuation as files: its data, its costs, and one page with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import jinja2

from curation_lib.audit import valuation_lines, valuation_rows
from curation_lib.audit.costs import FILTERS, put_costs
from curation_lib.audit.html_pages import template
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.valuation import VERDICT
from curation_lib.valuation.arms import percent
from curation_lib.valuation.cost import Cost

PAGE = "index.html"


def write(report: Mapping[str, Any], costs: Sequence[Cost], place: Store) -> list[str]:
    """Write verdict.json, index.html and, where there are costs, cost.json; returns their addresses."""
    files = {VERDICT: canonical_json(report), PAGE: page(report, costs).encode()}
    for file, data in files.items():
        place.put(file, data)
    return [*(place.address(file) for file in files), *put_costs(costs, place)]


def page(report: Mapping[str, Any], costs: Sequence[Cost]) -> str:
    """The report as HTML."""
    return page_template("valuation.html.j2").render(
        report=report,
        costs=costs,
        interval=percent(1 - 2 * report["settings"]["alpha"]),
        epochs={arm["arm"]: arm["epochs"] for arm in report["arms"]},
        effects=valuation_rows.effects(report),
        seeds=valuation_rows.seeds(report),
        response=valuation_lines.response(report),
        curves=valuation_lines.curves(report),
    )


@cache
def page_template(name: str) -> jinja2.Template:
    """A template of valuations, with the filters that they share."""
    filters = {
        **FILTERS,
        "px": "{:.1f}".format,
        "percent": percent,
        "bits": "{:+.4f}".format,
        "rate": lambda share: f"{100 * share:.1f}",
        "points": lambda share: f"{100 * share:+.1f}",
        "p": lambda p: "< 0.0001" if p < 1e-4 else f"{p:.4f}",
        "epochs": lambda epochs: f"{epochs:.2f}" if epochs >= 0.095 or not epochs else f"{epochs:.1g}",
        "look": lambda verdict: {"w": "best", "n": "gone"}.get(verdict[0], "open"),
    }
    return template(name, filters)
