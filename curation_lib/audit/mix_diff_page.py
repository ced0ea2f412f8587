"""A comparison of mixes as files: its data, one page, and tables of every document that entered or left."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import jinja2
import pyarrow.parquet as pq

from curation_lib.audit.divergence import in_nats
from curation_lib.audit.html_pages import template, write_report
from curation_lib.audit.mix_diff import Compared
from curation_lib.runner.store import Store

SHOWN = 15
"""Values of a dimension, or rules, on the page; the data has all."""


def write(compared: Sequence[Compared], place: Store) -> list[str]:
    """Write mix_diff.json and mix_diff.html, and per comparison entered-<phase>.parquet and left-<phase>.parquet;
    returns their addresses."""
    addresses = write_report("mix_diff", {"comparisons": [one.report for one in compared]}, page, place)
    for one in compared:
        for name, table in (("entered", one.entered), ("left", one.left)):
            file = f"{name}-{one.report['after']['phase']}.parquet"
            data = io.BytesIO()
            pq.write_table(table, data, compression="zstd")
            place.put(file, data.getvalue())
            addresses.append(place.address(file))
    return addresses


def page(report: Mapping[str, Any]) -> str:
    """The comparisons as HTML. Addresses stand in it as text only: nothing of theirs can be followed or run."""
    return _template().render(report=report, shown=SHOWN)


def largest(shift: Mapping[str, Any]) -> float:
    """The largest change of a share in any dimension: the scale that all of them are drawn to, a point at least."""
    return max(0.01, *(abs(float(row["delta"])) for moved in shift.values() for row in moved["values"]))


@cache
def _template() -> jinja2.Template:
    filters: dict[str, Callable[..., Any]] = {
        "count": "{:,}".format,
        "signed": "{:+,}".format,
        "percent": lambda share: f"{100 * share:.1f} %",
        "points": lambda delta: f"{100 * delta:+.1f}",
        "nats": in_nats,
    }
    return template("mix_diff.html.j2", filters, largest=largest)
