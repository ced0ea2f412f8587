"""The card of a classifier, Markdown: what it is, what it learnt from, how well it does. No clock, no host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jinja2

from curation_lib.core.fingerprint import library_versions
from curation_lib.training.writing import Described


def render_card(described: Described, metrics: Mapping[str, Any]) -> str:
    """`card.md` of a fastText classifier with these `metrics`."""
    settings = dict(described.settings)
    return _template().render(
        name=described.name,
        fingerprint=described.fingerprint,
        license=described.license,
        labels=settings.pop("labels"),
        settings=settings,
        libraries=library_versions(described.libraries),
        data=described.data,
        metrics=metrics,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation_lib.training", "."),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    filters: dict[str, Callable[..., str]]
    filters = {"cell": _cell, "count": _count, "number": _number, "licences": _licences}
    environment.filters.update(filters)
    return environment.get_template("card.md.j2")


def _cell(value: Any) -> str:
    """Text that cannot leave its cell of a table."""
    return str(value).replace("|", "\\|").replace("\n", " ") if value is not None else "all"


def _count(value: int) -> str:
    return f"{value:,}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _licences(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_cell(name)} {n:,}" for name, n in counts.items())
