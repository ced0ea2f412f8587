"""The pages of the store's valuations: which there are and what they say, and one whole report."""

from __future__ import annotations

from fastapi import Request, Response

from curation_lib.audit.builds import exports_at
from curation_lib.audit.leaderboards import NAME, ROOT
from curation_lib.audit.valuation_page import PAGE
from curation_lib.audit.valuations import about_of, list_valuations
from curation_lib.runner.store import Store
from winnow_airflow.naming import valuation_page as address
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered, stored_page


def valuations_page(request: Request, store: StoreDep) -> Response:
    """Every valuation, the newest first."""
    found = sorted(list_valuations(store), key=lambda one: one.made, reverse=True)
    return rendered(request, "valuations.html.j2", "Valuations", store=store.url, valuations=found, address=address)


def valuations_of(store: Store, corpus: str, build: str) -> list[tuple[str, str]]:
    """Those whose base is of the build: pages below the app's root, and sentences."""
    found = [one for one in list_valuations(store) if one.is_based_on(corpus, build)]
    return [(address(one.name, one.fingerprint), one.sentence) for one in found]


def valuation_page(request: Request, name: str, fingerprint: str, store: StoreDep) -> Response:
    """The report of one: the page that it left in the store. 404 for one that is not there."""
    folder = address(name_in_path(name), name_in_path(fingerprint))
    about = about_of(store, folder)
    links = {"Valuations": "valuations"}
    if about.get("comparable"):
        links["Leaderboard"] = f"{ROOT}/{about['comparable']}"
    for made in exports_at(about.get("base", ())):
        if store.exists(f"builds/{made.corpus}/{made.build}.json"):
            links[f"Base: {made.corpus}, build {made.build}"] = f"builds/{made.corpus}/{made.build}"
    return stored_page(request, store, f"{folder}/{PAGE}", "no such valuation", links)


def leaderboard_page(request: Request, shared: str, store: StoreDep) -> Response:
    """The candidates of valuations that share trunk, anneal and measures, ranked. 404 where none was judged."""
    key = f"{ROOT}/{name_in_path(shared)}/{NAME}.html"
    return stored_page(request, store, key, "no such leaderboard", {"Valuations": "valuations"})
