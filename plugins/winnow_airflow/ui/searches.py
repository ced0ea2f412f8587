"""The pages of the store's mixtures: those that are current, the searches that were made, and one whole report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from fastapi import Request, Response

from curation_lib.audit.mixture_page import NAME, WEIGHTS
from curation_lib.core.weights_files import WeightsFrom
from curation_lib.mix.weights import in_words
from curation_lib.runner.mixtures import list_mixtures
from curation_lib.runner.store import Store
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered, stored_page

ROOT = "searches"


def searches_page(request: Request, store: StoreDep) -> Response:
    """Mixtures with their weights and reports, and every search, the newest first."""
    found = sorted(_found(store), key=lambda one: one["made"], reverse=True)
    mixtures = [(one, in_words(one.weights), report_page(one.report)) for one in list_mixtures(store)]
    of = {"store": store.url, "searches": found, "mixtures": mixtures}
    return rendered(request, "searches.html.j2", "Mixtures", **of)


def _found(store: Store) -> list[dict[str, Any]]:
    # The verdict stands in the weights, too, which are small.
    keys = [key for key in store.list(ROOT) if key.endswith(f"/{WEIGHTS}") and key.count("/") == 3]
    return [
        {
            "page": key.rpartition("/")[0],
            "name": key.split("/")[1],
            "verdict": yaml.safe_load(store.read(key))["verdict"],
            "made": store.modified(key),
        }
        for key in keys
    ]


def report_page(report: Mapping[str, Any]) -> str:
    """The page, below the app's root, of the experiment that found a mixture; empty where there is none."""
    folder = str(report.get("directory", ""))
    return folder if folder.startswith(("valuations/", "searches/")) else ""


def mixtures_of(store: Store, corpus: str, build: str) -> list[tuple[str, str, str]]:
    """Where a build's weights came from: phases, what is said of the weights, pages below the app's root."""
    record = store.find_json(f"builds/{corpus}/{build}.json") or {}
    given = [(phase, mix.get("weights_from")) for phase, mix in record.get("recipe", {}).get("mixes", {}).items()]
    return [(phase, WeightsFrom(**one).words(), report_page(one)) for phase, one in given if one]


def search_page(request: Request, name: str, fingerprint: str, store: StoreDep) -> Response:
    """The report of one: the page that it left in the store. 404 for one that is not there."""
    key = f"{ROOT}/{name_in_path(name)}/{name_in_path(fingerprint)}/{NAME}.html"
    return stored_page(request, store, key, "no such search", {"Mixtures": "searches"})
