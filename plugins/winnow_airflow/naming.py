"""The names under which a corpus, its steps and its gates go in Airflow."""

from __future__ import annotations

DAG_PREFIX = "corpus_build__"
GATE_SUFFIX = ".gate"
PAGES = "/winnow"
"""Where the pages of `ui/` are mounted, below Airflow's base URL."""


def dag_id_of(corpus: str) -> str:
    return f"{DAG_PREFIX}{corpus}"


def corpus_of(dag_id: str) -> str | None:
    """The corpus that a DAG builds; None for a DAG that builds none."""
    return dag_id.removeprefix(DAG_PREFIX) if dag_id.startswith(DAG_PREFIX) else None


def gate_task(step_id: str) -> str:
    """The task that judges a step's dataset. No source name and no stage name can end like this."""
    return f"{step_id}{GATE_SUFFIX}"


def lock_owner(dag_id: str, run_id: str) -> str:
    """What the build lock names as its holder: one DAG run, whatever tries and tasks it has."""
    return f"airflow {dag_id} {run_id}"
