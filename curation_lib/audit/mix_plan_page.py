"""The plan of mixes as files: its data, and one page with a picture per phase that needs no network and no script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from curation_lib.audit.html_pages import template, write_report
from curation_lib.export.facts import MixFacts
from curation_lib.export.picture import picture
from curation_lib.runner.store import Store

SHOWN = 5
"""Languages or licences of a source on the page; the data has all."""


def write(report: Mapping[str, Any], place: Store) -> list[str]:
    """Write mix_plan.json and mix_plan.html; returns their addresses."""
    return write_report("mix_plan", report, page, place)


def page(report: Mapping[str, Any]) -> str:
    """The plan as HTML."""
    return _template().render(report=report)


def _picture(phase: Mapping[str, Any]) -> Markup:
    facts = MixFacts(**{name: phase[name] for name in MixFacts.model_fields})
    return Markup(picture(f"The {phase['phase']} mix", facts))  # its own template escapes what is put into it


def _shares(tokens: Mapping[str, int]) -> str:
    total, shown = sum(tokens.values()), list(tokens.items())[:SHOWN]
    more = f" and {len(tokens) - SHOWN} more" if len(tokens) > SHOWN else ""
    return ", ".join(f"{name} {100 * count / total:.1f} %" for name, count in shown) + more


@cache
def _template() -> jinja2.Template:
    filters = {"count": "{:,}".format, "percent": lambda share: f"{100 * share:.1f} %", "shares": _shares}
    return template("mix_plan.html.j2", filters, picture=_picture)
