"""The pages of the store's models: which there are, and one version with its card beside the current one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import HTTPException, Request, Response, status
from markdown_it import MarkdownIt
from markupsafe import Markup

from curation_lib.core.artefact import MANIFEST
from curation_lib.core.errors import ConfigError
from curation_lib.runner.model_review import number, review
from curation_lib.runner.models import versions
from curation_lib.runner.store import Store, canonical_json
from winnow_airflow.naming import model_page as address
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered


def models_page(request: Request, store: StoreDep) -> Response:
    """Every model with its versions, the newest first."""
    models: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in versions(store):
        models[one["name"]].append(one | {"made": _made(store, one["name"], one["fingerprint"])})
    for found in models.values():
        found.sort(key=lambda one: one["made"], reverse=True)
    return rendered(request, "models.html.j2", "Models", store=store.url, models=models, address=address)


def model_page(request: Request, name: str, fingerprint: str, store: StoreDep) -> Response:
    """One version: its numbers beside the current version's, its card, its metrics and manifest."""
    try:
        compared = review(store, name_in_path(name), name_in_path(fingerprint))
    except ConfigError as e:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(e)) from None
    one = compared.candidate
    return rendered(
        request,
        "model.html.j2",
        f"{name}, version {fingerprint}",
        review=compared,
        number=number,
        card=_as_html(one.card),
        metrics=canonical_json(one.metrics).decode(),
        manifest=canonical_json(one.manifest.model_dump()).decode(),
        folder=store.address(address(name, fingerprint)),
    )


def _made(store: Store, name: str, fingerprint: str) -> str:
    return store.modified(f"{address(name, fingerprint)}/{MANIFEST}").strftime("%Y-%m-%d %H:%M")


def _as_html(card: str) -> Markup:
    """The card's Markdown. HTML in it is shown, not obeyed: it names files and licences that others wrote."""
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(card))
