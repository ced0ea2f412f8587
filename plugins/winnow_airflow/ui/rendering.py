"""What every page shares: the store it reads, its template, its headers, the names in its address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

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


def root(request: Request) -> str:
    """The path under which this app is mounted, e.g. /winnow."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def name_in_path(part: str) -> str:
    """`part` if it can be one name of a key; 404 otherwise."""
    if not part or part.startswith(".") or set(part) & set("/\\\0"):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page")
    return part
