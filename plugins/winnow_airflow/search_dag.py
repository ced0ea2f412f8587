"""The DAG `mixture_search`: plan, swarm, fit, approve, use, for the search that a run names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from curation_lib.valuation.mixture_search import load_search
from winnow_airflow import callbacks
from winnow_airflow.assets import MIXTURES, SEARCHED
from winnow_airflow.experiment_docs import search_doc
from winnow_airflow.experiment_folder import Experiments
from winnow_airflow.experiment_params import BUDGET, PRICE, STORE, chosen, retries
from winnow_airflow.naming import SEARCH_DAG
from winnow_airflow.operators.mixture_search import (
    ApproveSearchOperator,
    FitOperator,
    PlanSearchOperator,
    SwarmOperator,
    UseSearchOperator,
)

SEARCHES = Experiments("search", "searches", "WINNOW_SEARCHES", load_search)


def search_dags(files: list[Path]) -> dict[str, DAG]:
    """The DAG by its id, over the searches that are sound; {} where there is none."""
    sound = SEARCHES.sound(files)
    return {SEARCH_DAG: _dag(sound)} if sound else {}


def _dag(files: Mapping[str, Path]) -> DAG:
    common: dict[str, Any] = {
        "files": {name: str(path.resolve()) for name, path in files.items()},
        "store": "{{ params.store or '' }}",
    }
    with DAG(
        dag_id=SEARCH_DAG,
        description="Looks for the best mixture of sources, and asks before it is used.",
        schedule=None,
        catchup=False,
        tags={"winnow", "mixtures"},
        params={
            "search": chosen(list(files), "Search", "Carry this one out: a file of dags/searches."),
            "budget_tokens": BUDGET,
            "budget_money": PRICE,
            "store": STORE,
        },
        doc_md=search_doc({path.name: load_search(path) for path in files.values()}),
        default_args={"on_failure_callback": callbacks.experiment_failed, **retries()},
    ) as dag:
        # One at a time: a second run of the same search would train the same models beside it.
        plan = PlanSearchOperator(task_id="plan", doc_md="Tokenises, draws the swarm, prices it.", **common)
        swarm = SwarmOperator(task_id="swarm", doc_md="Trains the proxy runs.", max_active_tis_per_dag=1, **common)
        fit = FitOperator(
            task_id="fit",
            outlets=[SEARCHED],
            doc_md="Fits, and trains the optimum beside UniMax.",
            max_active_tis_per_dag=1,
            **common,
        )
        approve = ApproveSearchOperator(
            task_id="approve", subject="Use the mixture that was found?", doc_md="Waits for a person.", **common
        )
        use = UseSearchOperator(task_id="use", outlets=[MIXTURES], doc_md="Makes the mixture current.", **common)
        plan >> swarm >> fit >> approve >> use
    return dag
