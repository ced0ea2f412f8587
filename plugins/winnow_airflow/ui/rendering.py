"""What every page shares: the store it reads, its template, its headers, the names in its address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from curation_lib.runner.store import Store
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.ui.data_docs import SAFETY


def _store() -> Store:
    return StoreHook().get_conn()


StoreDep = Annotated[Store, Depends(_store)]


def rendered(request: Request, template: str, title: str, code: int = status.HTTP_200_OK, **values: Any) -> Response:
    """A template of `templates/` as the answer."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
    text = environment.get_template(template).render(root=root(request), title=title, **values)
    return HTMLResponse(text, code, headers=SAFETY)


def stored_page(request: Request, store: Store, key: str, missing: str, links: Mapping[str, str]) -> Response:
    """A report as it lies in the store, below a line of links: texts with paths below the app's root. 404, which
    says what is `missing`, where there is none."""
    try:
        page = store.read(key)
    except FileNotFoundError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, missing) from None
    shown = Markup(" &middot; ").join(
        Markup('<a href="{}/{}">{}</a>').format(root(request), path, text) for text, path in links.items()
    )
    # The page itself has no links, so that it can be opened wherever it lies.
    nav = b"<body>\n<nav>" + str(shown).encode() + b"</nav>"
    return HTMLResponse(page.replace(b"<body>", nav, 1), headers=SAFETY)


def root(request: Request) -> str:
    """The path under which this app is mounted, e.g. /winnow."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def name_in_path(part: str) -> str:
    """`part` if it can be one name of a key; 404 otherwise."""
    if not part or part.startswith(".") or set(part) & set("/\\\0"):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page")
    return part
