"""The DAG `train_quality_models`: a group of three tasks per model recipe, `train`, `review`, `use`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, TaskGroup

from curation_lib.runner.model_recipes import ModelRecipe
from winnow_airflow import callbacks
from winnow_airflow.assets import model_asset
from winnow_airflow.model_docs import train_doc, training_doc
from winnow_airflow.model_schedule import schedule_of
from winnow_airflow.naming import TRAINING_DAG
from winnow_airflow.operators import ReviewModelOperator, TrainModelOperator, UseModelOperator


def build_training_dag(recipes: Mapping[Path, ModelRecipe]) -> DAG:
    """The DAG over checked recipes by their file, each with a name of its own."""
    models = list(recipes.values())
    with DAG(
        dag_id=TRAINING_DAG,
        description="Trains the models that filters score with, and asks before one is used.",
        schedule=schedule_of(models),
        catchup=False,
        tags={"winnow", "models", *(tag for one in models for tag in one.airflow.tags)},
        params=_params([one.name for one in models]),
        doc_md=training_doc({path.name: one for path, one in recipes.items()}),
        default_args={"on_failure_callback": callbacks.model_failed},
    ) as dag:
        for path, recipe in recipes.items():
            _add_model(recipe, str(path.resolve()))
    return dag


def _params(names: Sequence[str]) -> dict[str, Param]:
    return {
        "models": Param(
            list(names), type="array", items={"type": "string", "enum": list(names)}, minItems=1, uniqueItems=True,
            examples=list(names), title="Models", description="Train these.",
        ),
        "store": Param(
            None, type=["null", "string"], title="Store",
            description="Put the models into this store (s3://bucket/prefix or a folder), not the configured one.",
        ),
    }  # fmt: skip


def _add_model(recipe: ModelRecipe, path: str) -> None:
    settings, name = recipe.airflow, recipe.name
    common: dict[str, Any] = {"model": name, "recipe_path": path, "store": "{{ params.store or '' }}"}
    defaults = {
        "owner": settings.owner,
        "retries": settings.retries,
        "retry_delay": timedelta(seconds=settings.retry_delay_seconds),
    }
    with TaskGroup(name, tooltip=recipe.description, default_args=defaults):
        # One at a time: a second run of the same model would only wait for the same bytes.
        train = TrainModelOperator(task_id="train", doc_md=train_doc(recipe), max_active_tis_per_dag=1, **common)
        review = ReviewModelOperator(
            task_id="review", subject=f"Use the new version of {name}?", doc_md="Waits for a person.", **common
        )
        use = UseModelOperator(
            task_id="use", outlets=[model_asset(name)], doc_md="Makes the version current.", **common
        )
        train >> review >> use
