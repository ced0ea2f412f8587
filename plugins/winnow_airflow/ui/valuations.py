"""The pages of the store's valuations: which there are and what they say, and one whole report."""

from __future__ import annotations

from fastapi import HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse

from curation_lib.audit.leaderboards import NAME, ROOT
from curation_lib.audit.valuations import list_valuations
from curation_lib.runner.store import Store
from winnow_airflow.naming import valuation_page as address
from winnow_airflow.ui.data_docs import SAFETY
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered


def valuations_page(request: Request, store: StoreDep) -> Response:
    """Every valuation, the newest first."""
    found = sorted(list_valuations(store), key=lambda one: one.made, reverse=True)
    return rendered(request, "valuations.html.j2", "Valuations", store=store.url, valuations=found, address=address)


def valuations_of(store: Store, corpus: str, build: str) -> list[tuple[str, str]]:
    """Those whose base is of the build: pages below the app's root, and sentences."""
    found = [one for one in list_valuations(store) if one.is_based_on(corpus, build)]
    return [(address(one.name, one.fingerprint), str(one.report["sentence"])) for one in found]


def valuation_page(name: str, fingerprint: str, store: StoreDep) -> Response:
    """The report of one: the page that it left in the store. 404 for one that is not there."""
    return _page(store, f"{address(name_in_path(name), name_in_path(fingerprint))}/index.html", "no such valuation")


def leaderboard_page(shared: str, store: StoreDep) -> Response:
    """The candidates of valuations that share trunk, anneal and measures, ranked. 404 where none was judged."""
    return _page(store, f"{ROOT}/{name_in_path(shared)}/{NAME}.html", "no such leaderboard")


def _page(store: Store, key: str, missing: str) -> Response:
    try:
        page = store.read(key)
    except FileNotFoundError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, missing) from None
    return HTMLResponse(page, headers=SAFETY)
