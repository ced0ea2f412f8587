"""The report of duplicates as files: its data, and one page with pictures that needs no network and no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from math import log
from typing import Any

import jinja2

from curation_lib.audit.html_pages import template, write_report
from curation_lib.runner.store import Store

SHOWN = 20
"""Sources or languages in a picture; the data has all."""
Bar = dict[str, Any]


def write(report: Mapping[str, Any], place: Store) -> list[str]:
    """Write duplicates.json and duplicates.html; returns their addresses."""
    return write_report("duplicates", report, page, place)


def page(report: Mapping[str, Any]) -> str:
    """The report as HTML. Texts and addresses stand in it as text only: nothing of theirs can be followed or run."""
    return _template().render(report=report, shown=SHOWN)


def rate_bars(rows: Iterable[Mapping[str, Any]], name: str) -> list[Bar]:
    """A bar per row, as wide as its duplicate rate, per cent."""
    return [
        {
            "label": row[name],
            "width": 100 * row["rate"],
            "value": f"{100 * row['rate']:.1f} % of {row['documents']:,}",
        }
        for row in list(rows)[:SHOWN]
    ]


def size_bars(rows: Iterable[Mapping[str, int]]) -> list[Bar]:
    """A bar per size of cluster; its width goes by the logarithm of how many there are."""
    rows = list(rows)
    most = max((row["clusters"] for row in rows), default=0)
    return [
        {
            "label": f"{row['from']:,}" if row["from"] == row["to"] else f"{row['from']:,} to {row['to']:,}",
            "width": 100 * log(1 + row["clusters"]) / log(1 + most),
            "value": f"{row['clusters']:,} with {row['documents']:,} documents",
        }
        for row in rows
    ]


@cache
def _template() -> jinja2.Template:
    filters = {"count": "{:,}".format, "percent": lambda rate: f"{100 * rate:.1f} %"}
    return template("duplicates.html.j2", filters, rate_bars=rate_bars, size_bars=size_bars)
