"""What happens when a task or a build fails: one line in the log, a record in the store, the lock let go.

`task_failed` runs in the task's own process after its last try; `build_failed` runs once per DAG run, in the
DAG processor (which therefore needs WINNOW_STORE and the S3 credentials, too). Nothing is mailed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from curation_lib.core.errors import WinnowError
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.naming import corpus_of, lock_owner
from winnow_airflow.operators.base import page_url
from winnow_airflow.records import read_records, write_record

if TYPE_CHECKING:
    from curation_lib.runner.store import Store

log = logging.getLogger("airflow.task")


def task_failed(context: Mapping[str, Any]) -> None:
    """Log why the task failed and record it as `runs/<corpus>/<run_id>/<task_id>.json`."""
    task, exception = context["task"], context.get("exception")
    corpus, run_id = corpus_of(task.dag_id), str(context["run_id"])
    if corpus is None:
        return
    page = getattr(exception, "page", "")
    reason = str(exception or "").strip() or first_line(exception)
    # The place after every step's: a failure is read last.
    kind = "gate" if page else "failure"
    facts = {
        "order": 10_000, "kind": kind, "state": "failed", "step": task.step_id, "success": False, "page": page,
        "reason": reason,
    }  # fmt: skip
    log.error("%s", failure_line(corpus, {"task": task.task_id, **facts}))
    _with_store(task, lambda store: write_record(store, corpus, run_id, task.task_id, facts))


def model_failed(context: Mapping[str, Any]) -> None:
    """Log why a model's task failed. Nothing is recorded: a training that failed leaves nothing in the store."""
    model, _, part = context["task"].task_id.partition(".")
    reason = first_line(context.get("exception"))
    log.error("model %s, task %s failed: %s; the current version stays", model, part, reason)


def experiment_failed(context: Mapping[str, Any]) -> None:
    """Log why an experiment's task failed. What it has trained stays in the store. What trying again cannot mend says
    itself what to do."""
    task, exception = context["task"], context.get("exception")
    remedy = "" if isinstance(exception, AirflowFailException) else "clear it to go on: "
    reason = first_line(exception)
    log.error("%s, task %s failed: %s; %sfinished runs are kept", task.dag_id, task.task_id, reason, remedy)


def build_failed(context: Mapping[str, Any]) -> None:
    """Let the build lock go and log one line per failed task."""
    dag, run_id = context["dag"], str(context["run_id"])
    corpus = corpus_of(dag.dag_id)
    if corpus is None:
        return

    def close(store: Store) -> None:
        release(store, dag.dag_id, run_id)
        failed = [r for r in read_records(store, corpus, run_id) if r.get("state") == "failed"]
        lines = [failure_line(corpus, r) for r in failed] or [f"{corpus}: run failed: {context.get('reason')}"]
        for line in lines:
            log.error("%s (run %s)", line, run_id)

    _with_store(dag.tasks[0], close)


def release(store: Store, dag_id: str, run_id: str) -> None:
    """Let the lock of the DAG's corpus go if this run holds it."""
    from curation_lib.runner.lock import BuildLock

    BuildLock(store, str(corpus_of(dag_id)), lock_owner(dag_id, run_id)).release()


def first_line(exception: BaseException | str | None) -> str:
    """Why it failed, in one line; of an exception without a text its kind."""
    if exception is None:
        return "the task's process ended without a word"
    return next(iter(str(exception).strip().splitlines()), type(exception).__name__)


def failure_line(corpus: str, record: Mapping[str, Any]) -> str:
    """Corpus, task, the reason's first two lines, the Data Docs page."""
    reason = "; ".join(line.strip() for line in str(record["reason"]).splitlines()[:2])
    page = f" Data Docs: {page_url(record['page'])}" if record.get("page") else ""
    return f"corpus {corpus}, task {record['task']} failed: {reason}{page}"


def _with_store(task: Any, use: Callable[[Store], None]) -> None:
    """Call `use(store)` with the store of the task's run; a store that cannot be reached is only logged."""
    from curation_lib.runner.store import Store

    override = task.store if "{{" not in task.store else ""
    try:
        use(Store(override) if override else StoreHook(task.store_conn_id).get_conn())
    except WinnowError as e:
        log.error("cannot record the failure: %s", e)
