"""The DAG `dataset_valuation`: plan, trunk, anneal, judge, approve, use, for the valuation that a run names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from airflow.sdk import DAG, Param

from curation_lib.core.recipe import NAME
from curation_lib.valuation.experiment import load_valuation
from winnow_airflow.assets import MIXTURES, VALUED
from winnow_airflow.experiment_dag import experiment_dag, for_tasks
from winnow_airflow.experiment_docs import valuation_doc
from winnow_airflow.experiment_folder import Experiments
from winnow_airflow.experiment_params import chosen, optional
from winnow_airflow.naming import VALUATION_DAG
from winnow_airflow.operators.valuation import (
    AnnealOperator,
    ApproveValuationOperator,
    JudgeOperator,
    PlanValuationOperator,
    TrunkOperator,
    UseValuationOperator,
)

VALUATIONS = Experiments("valuation", "valuations", "WINNOW_VALUATIONS", load_valuation)


def valuation_dags(files: list[Path]) -> dict[str, DAG]:
    """The DAG by its id, over the valuations that are sound; {} where there is none."""
    sound = VALUATIONS.sound(files)
    return {VALUATION_DAG: _dag(sound)} if sound else {}


def _dag(files: Mapping[str, Path]) -> DAG:
    doc = valuation_doc({path.name: load_valuation(path) for path in files.values()})
    says, common = "Tells whether a dataset is worth it, and asks before it is mixed in.", for_tasks(files)
    with experiment_dag(VALUATION_DAG, "valuations", says, doc, _params(list(files))) as dag:
        # One at a time: a second run of the same valuation would train the same models beside it.
        plan = PlanValuationOperator(task_id="plan", doc_md="Tokenises, lists the runs, prices them.", **common)
        trunk = TrunkOperator(task_id="trunk", doc_md="Trains what all share.", max_active_tis_per_dag=1, **common)
        anneal = AnnealOperator(task_id="anneal", doc_md="Trains every arm.", max_active_tis_per_dag=1, **common)
        judge = JudgeOperator(task_id="judge", outlets=[VALUED], doc_md="Writes verdict and page.", **common)
        approve = ApproveValuationOperator(
            task_id="approve", subject="Mix the candidate in?", doc_md="Waits for a person.", **common
        )
        use = UseValuationOperator(task_id="use", outlets=[MIXTURES], doc_md="Makes the mixture current.", **common)
        plan >> trunk >> anneal >> judge >> approve >> use
    return dag


def _params(names: Sequence[str]) -> dict[str, Param]:
    return {
        "valuation": chosen(names, "Valuation", "Carry this one out: a file of dags/valuations."),
        "candidate": optional(
            "Candidate",
            "A path or URL: value its documents instead of the file's candidates, with source, settings and stages "
            "of these where all have the same.",
        ),
        "base": optional(
            "Base",
            "A path or URL instead of the file's base, with its source, settings and stages; or a finished build's "
            "id, with its stages.",
        ),
        "source": optional(
            "Source", "What recipes call the candidate's source, where that is not its name.", pattern=NAME
        ),
    }
