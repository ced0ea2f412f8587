"""The pages below `/winnow`: gate results, funnels per run and build, what was generated, models, valuations,
searches for mixtures, the Data Docs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse

from curation_lib.audit.builds import list_builds
from curation_lib.core.errors import WinnowError
from curation_lib.runner.store import Store
from winnow_airflow.naming import (
    GATE_SUFFIX,
    SEARCH_DAG,
    TRAINING_DAG,
    VALUATION_DAG,
    corpus_of,
    dag_id_of,
    gate_task,
)
from winnow_airflow.records import corpora, read_records, run_ids
from winnow_airflow.ui.access import or_login, require_reader
from winnow_airflow.ui.data_docs import contract_file
from winnow_airflow.ui.funnel import SHARES, Row, gates_summary, rows_of_build, rows_of_run
from winnow_airflow.ui.models import model_page, models_page
from winnow_airflow.ui.rendering import StoreDep, name_in_path, rendered, root
from winnow_airflow.ui.searches import mixtures_of, search_page, searches_page
from winnow_airflow.ui.synthetic import synthetic_page
from winnow_airflow.ui.valuations import leaderboard_page, valuation_page, valuations_of, valuations_page

RUNS_SHOWN = 5
"""Runs per corpus on the index: each costs a small read per task."""

LEAVES = {TRAINING_DAG: "models", VALUATION_DAG: "valuations", SEARCH_DAG: "searches"}
"""Pages of what DAGs leave that build no corpus: Airflow shows the tabs of a build on theirs, too."""


def make_app() -> FastAPI:
    """The application that the plugin mounts. Every address, whether it exists or not, takes a logged-in user."""
    app = FastAPI(
        title="Winnow", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(require_reader)]
    )
    app.add_exception_handler(HTTPException, or_login)
    app.add_exception_handler(WinnowError, _cannot_read)
    pages: dict[str, Callable[..., Any]] = {
        "/": index,
        "/funnel": funnel_asked,
        "/funnel/{dag_id}": latest_run,
        "/funnel/{dag_id}/{run_id}": run_page,
        "/gate/{dag_id}/{run_id}/{task_id}": gate_page,
        "/builds/{corpus}/{build_id}": build_page,
        "/synthetic/{corpus}/{build_id}": synthetic_page,
        "/models": models_page,
        "/models/{name}/{fingerprint}": model_page,
        "/valuations": valuations_page,
        "/valuations/{name}/{fingerprint}": valuation_page,
        "/searches": searches_page,
        "/searches/{name}/{fingerprint}": search_page,
        "/leaderboards/{shared}": leaderboard_page,
        "/contracts/": contracts_index,
        "/contracts/{path:path}": contract,
        "/{path:path}": nothing,
    }
    for path, page in pages.items():
        app.get(path, response_model=None)(page)
    return app


def index(request: Request, store: StoreDep) -> Response:
    """Runs and builds of every corpus, with their gates."""
    found = []
    for corpus in corpora(store):
        runs = [(run, *_run_row(store, corpus, run)) for run in run_ids(store, corpus)[:RUNS_SHOWN]]
        found.append({"name": corpus, "dag_id": dag_id_of(corpus), "runs": runs})
    builds = [(b.corpus, b.build_id) for b in list_builds(store)]
    return rendered(request, "index.html.j2", "Data Docs", store=store.url, corpora=found, builds=builds)


def _run_row(store: Store, corpus: str, run_id: str) -> tuple[list[Row], tuple[int, int]]:
    rows = rows_of_run(read_records(store, corpus, run_id))
    return rows, gates_summary(rows)


def funnel_asked(dag_id: str, run_id: str | None = None) -> Response:
    """The same pages by query."""
    target = f"funnel/{dag_id}/{run_id}" if run_id else f"funnel/{dag_id}"
    return RedirectResponse(target, status.HTTP_302_FOUND)


def latest_run(request: Request, dag_id: str, store: StoreDep) -> Response:
    """The funnel of a corpus's latest run; of a DAG that builds none, what it leaves."""
    if dag_id in LEAVES:
        return RedirectResponse(f"{root(request)}/{LEAVES[dag_id]}", status.HTTP_302_FOUND)
    runs = run_ids(store, _corpus(dag_id))
    if not runs:
        return _message(request, f"{dag_id} has no run in {store.url} yet.")
    return run_page(request, dag_id, runs[0], store)


def run_page(request: Request, dag_id: str, run_id: str, store: StoreDep) -> Response:
    """The funnel of one DAG run, finished or not."""
    if dag_id in LEAVES:
        return latest_run(request, dag_id, store)
    records = read_records(store, _corpus(dag_id), name_in_path(run_id))
    if not records:
        return _message(request, f"{dag_id}, run {run_id}, has left nothing in {store.url} (yet).")
    build = next((r["build_id"] for r in records if r["kind"] == "record" and "build_id" in r), None)
    corpus = _corpus(dag_id)
    return _funnel(request, f"{corpus}, run {run_id}", rows_of_run(records), store, corpus, build)


def build_page(request: Request, corpus: str, build_id: str, store: StoreDep) -> Response:
    """The funnel of a finished build, made by Airflow or by the command line."""
    record = store.find_json(f"builds/{name_in_path(corpus)}/{name_in_path(build_id)}.json")
    if record is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such build")
    return _funnel(request, f"{corpus}, build {build_id}", rows_of_build(record, store), store, corpus, build_id)


def gate_page(request: Request, dag_id: str, run_id: str, task_id: str, store: StoreDep) -> Response:
    """The Data Docs page of a gate, or of the gate behind a step."""
    if dag_id in LEAVES:
        return latest_run(request, dag_id, store)
    corpus, task = _corpus(dag_id), task_id if task_id.endswith(GATE_SUFFIX) else gate_task(task_id)
    record = store.find_json(f"runs/{corpus}/{name_in_path(run_id)}/{name_in_path(task)}.json")
    if record is None or not record.get("page"):
        return _message(request, f"{task} has not judged anything in this run.")
    return RedirectResponse(f"{root(request)}/{record['page']}", status.HTTP_302_FOUND)


def contracts_index(request: Request) -> Response:
    """The folder itself: the index says which pages there are."""
    return RedirectResponse(f"{root(request)}/", status.HTTP_302_FOUND)


def contract(path: str, store: StoreDep) -> Response:
    """A file of the Data Docs."""
    return contract_file(store, path)


def nothing(path: str) -> Response:
    """Any other address, so that it asks for a login, too."""
    raise HTTPException(status.HTTP_404_NOT_FOUND, "no such page")


def _funnel(request: Request, title: str, rows: list[Row], store: Store, corpus: str, build: str | None) -> Response:
    passed, judged = gates_summary(rows)
    generated = any(row.step.startswith("synthetic.") and row.total("created") for row in rows)
    valued = valuations_of(store, corpus, build) if build else []
    mixed = mixtures_of(store, corpus, build) if build else []
    of = {"corpus": corpus, "build": build, "generated": generated, "valued": valued, "mixed": mixed}
    return rendered(request, "funnel.html.j2", title, rows=rows, shares=SHARES, passed=passed, judged=judged, **of)


def _message(request: Request, text: str) -> Response:
    return rendered(request, "message.html.j2", "Winnow", text=text)


async def _cannot_read(request: Request, error: Exception) -> Response:
    return rendered(request, "message.html.j2", "Winnow", status.HTTP_502_BAD_GATEWAY, text=str(error))


def _corpus(dag_id: str) -> str:
    corpus = corpus_of(dag_id)
    if corpus is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"{dag_id} builds no corpus")
    return name_in_path(corpus)
