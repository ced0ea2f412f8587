"""The DAG `mixture_search`: plan, swarm, fit, approve, use, for the search that a run names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airflow.sdk import DAG

from curation_lib.valuation.mixture_search import load_search
from winnow_airflow.assets import MIXTURES, SEARCHED
from winnow_airflow.experiment_dag import experiment_dag, for_tasks
from winnow_airflow.experiment_docs import search_doc
from winnow_airflow.experiment_folder import Experiments
from winnow_airflow.experiment_params import chosen
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
    names = chosen(list(files), "Search", "Carry this one out: a file of dags/searches.")
    doc = search_doc({path.name: load_search(path) for path in files.values()})
    says, common = "Looks for the best mixture of sources, and asks before it is used.", for_tasks(files)
    with experiment_dag(SEARCH_DAG, "mixtures", says, doc, {"search": names}) as dag:
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
