"""The page of what a build generated: forms, rules, costs, and texts beside their sources."""

from __future__ import annotations

from fastapi import HTTPException, Response, status
from fastapi.responses import HTMLResponse

from curation_lib.audit.builds import BuildRecord
from curation_lib.audit.synthetic import synthetic_of
from curation_lib.audit.synthetic_page import page
from winnow_airflow.ui.data_docs import SAFETY
from winnow_airflow.ui.rendering import StoreDep, name_in_path

EXAMPLES = 10
"""Per form and per rule."""


def synthetic_page(corpus: str, build_id: str, store: StoreDep) -> Response:
    """The report of a finished build; 404 for one that is not there."""
    data = store.find_json(f"builds/{name_in_path(corpus)}/{name_in_path(build_id)}.json")
    if data is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such build")
    report = synthetic_of(store, BuildRecord(corpus, build_id, data), EXAMPLES)
    return HTMLResponse(page(report), headers=SAFETY)
