"""What the DAGs of experiments share: how their runs are started and tried again, and what every task gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param

from winnow_airflow import callbacks
from winnow_airflow.experiment_params import BUDGET, PRICE, STORE, retries


def experiment_dag(dag_id: str, tag: str, description: str, doc: str, params: Mapping[str, Param]) -> DAG:
    """The DAG without its tasks, which runs when it is triggered; budgets and store are parameters of each."""
    return DAG(
        dag_id=dag_id,
        description=description,
        schedule=None,
        catchup=False,
        tags={"winnow", tag},
        params={**params, "budget_tokens": BUDGET, "budget_money": PRICE, "store": STORE},
        doc_md=doc,
        default_args={"on_failure_callback": callbacks.experiment_failed, **retries()},
    )


def for_tasks(files: Mapping[str, Path]) -> dict[str, Any]:
    """Arguments of every task; files: of the experiments, by name."""
    return {
        "files": {name: str(path.resolve()) for name, path in files.items()},
        "store": "{{ params.store or '' }}",
    }
