"""Lets a build's lock go when somebody ends its run by hand: Airflow calls no callback then."""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)
BY_HAND = "manually set"
"""In Airflow's message where a person ended the run (airflow.api_fastapi…services.public.dag_run)."""


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """The run was marked failed."""
    _ended(dag_run, msg)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """The run was marked successful."""
    _ended(dag_run, msg)


def _ended(dag_run: Any, msg: str) -> None:
    """Runs in the API server. Never in the scheduler, which must not wait for a store: callbacks serve there."""
    from curation_lib.core.errors import WinnowError
    from winnow_airflow.callbacks import release
    from winnow_airflow.hooks.store import StoreHook
    from winnow_airflow.naming import corpus_of

    if corpus_of(dag_run.dag_id) is None or BY_HAND not in (msg or ""):
        return
    try:
        release(StoreHook().get_conn(), dag_run.dag_id, dag_run.run_id)
    except WinnowError as e:
        log.warning("the build lock of %s stays until its lease ends: %s", dag_run.dag_id, e)
