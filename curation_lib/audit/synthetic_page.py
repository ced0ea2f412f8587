"""The report of what was generated as files: its data, and one page that needs no network and no script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2

from curation_lib.audit.html_pages import template, write_report
from curation_lib.runner.store import Store


def write(report: Mapping[str, Any], place: Store) -> list[str]:
    """Write synthetic.json and synthetic.html; returns their addresses."""
    return write_report("synthetic", report, page, place)


def page(report: Mapping[str, Any]) -> str:
    """The report as HTML. Texts stand in it as text only: nothing of theirs can be followed or run."""
    return _template().render(report=report)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"


@cache
def _template() -> jinja2.Template:
    return template("synthetic.html.j2", {"count": "{:,}".format, "of": _share, "number": _number})
