"""The pages of the store's searches for mixtures: which there are and what they say, and one whole report."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse

from curation_lib.audit.mixture_page import NAME
from curation_lib.core.artefact import CURRENT
from curation_lib.runner.mixtures import ROOT as MIXTURES
from curation_lib.runner.store import Store
from winnow_airflow.ui.data_docs import SAFETY
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered

ROOT = "searches"


def searches_page(request: Request, store: StoreDep) -> Response:
    """Every search, the newest first, and the mixtures that are current."""
    found = sorted(_found(store), key=lambda one: one["made"], reverse=True)
    current = [
        {"name": key.split("/")[1], **store.read_json(key)}
        for key in store.list(MIXTURES)
        if key.endswith(f"/{CURRENT}") and key.count("/") == 2
    ]
    of = {"store": store.url, "searches": found, "current": current}
    return rendered(request, "searches.html.j2", "Mixtures", **of)


def _found(store: Store) -> list[dict[str, Any]]:
    keys = [key for key in store.list(ROOT) if key.endswith(f"/{NAME}.json") and key.count("/") == 3]
    return [
        {
            "page": key.rpartition("/")[0],
            "name": key.split("/")[1],
            "verdict": store.read_json(key)["verdict"],
            "made": store.modified(key),
        }
        for key in keys
    ]


def search_page(name: str, fingerprint: str, store: StoreDep) -> Response:
    """The report of one: the page that it left in the store. 404 for one that is not there."""
    try:
        page = store.read(f"{ROOT}/{name_in_path(name)}/{name_in_path(fingerprint)}/{NAME}.html")
    except FileNotFoundError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such search") from None
    return HTMLResponse(page, headers=SAFETY)
