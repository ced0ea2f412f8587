"""Reports as pages that need no network and no script: what is put into them stands there as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2

from curation_lib.runner.store import Store, canonical_json

Page = Callable[[Mapping[str, Any]], str]


def template(name: str, filters: Mapping[str, Callable[..., Any]], **functions: Any) -> jinja2.Template:
    """The template `name` of this room, with `filters` and `functions` for it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation_lib.audit", ""),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": short, **filters}
    environment.globals |= functions
    return environment.get_template(name)


def short(text: str, most: int) -> str:
    """The text, or its beginning and end in `most` characters: what tells arms apart, a share, stands at the end."""
    begin = most // 3
    return text if len(text) <= most else f"{text[:begin]}…{text[begin + 1 - most :]}"


def write_report(name: str, report: Mapping[str, Any], page: Page, place: Store) -> list[str]:
    """Write <name>.json and <name>.html; returns their addresses."""
    files = {f"{name}.json": canonical_json(report), f"{name}.html": page(report).encode()}
    for file, data in files.items():
        place.put(file, data)
    return [place.address(file) for file in files]
