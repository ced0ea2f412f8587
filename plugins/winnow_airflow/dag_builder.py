"""A recipe as a DAG: one task per step, one per gate, never one per shard.

A task is called as its step (`sources.prose`, `dedup.exact`, `export.pretrain`), its gate as the step and
`.gate`. Groups only fold the view: `sources` holds every source, each phase its mix and export. Steps behind a
gate depend on the gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Param, TaskGroup

from curation_lib.core.recipe import Recipe, load_recipe
from curation_lib.runner.plan import Step, plan
from winnow_airflow import callbacks, docs
from winnow_airflow.assets import BUILD, dataset_asset
from winnow_airflow.naming import dag_id_of, gate_task
from winnow_airflow.operators import GateOperator, RecordOperator, StageOperator

STORE_PARAM = Param(
    None,
    type=["null", "string"],
    title="Store",
    description="Build into this store (s3://bucket/prefix or a folder) instead of the configured one.",
)


def build_dag(recipe_path: str | Path) -> DAG:
    """The DAG `corpus_build__<corpus>` of one recipe file. Reads that file and nothing else.

    Raises ConfigError, in one line, for a recipe that cannot be built.
    """
    path = str(Path(recipe_path).resolve())
    recipe = load_recipe(path)
    steps = plan(recipe)
    with _empty_dag(recipe, docs.corpus_doc(recipe, steps, path)) as dag:
        _add_tasks(recipe, steps, path)
    return dag


def _empty_dag(recipe: Recipe, doc_md: str) -> DAG:
    settings = recipe.airflow
    return DAG(
        dag_id=dag_id_of(recipe.corpus),
        description=recipe.description.strip().split("\n")[0],
        schedule=settings.schedule,
        catchup=False,
        max_active_runs=1,
        tags={"winnow", *settings.tags},
        params={"store": STORE_PARAM},
        doc_md=doc_md,
        on_failure_callback=callbacks.build_failed,
        default_args={
            "owner": settings.owner,
            "retries": settings.retries,
            "retry_delay": timedelta(seconds=settings.retry_delay_seconds),
            "on_failure_callback": callbacks.task_failed,
        },
    )


def _add_tasks(recipe: Recipe, steps: Sequence[Step], path: str) -> None:
    ends: dict[str, BaseOperator] = {}
    groups: dict[str, TaskGroup] = {}
    for step in steps:
        with _group(step, groups):
            first = _step_task(recipe, step, path)
            ends[step.id] = _gate_behind(first, recipe, step, path) if step.contract else first
        for upstream in step.upstream:
            ends[upstream] >> first


def _group(step: Step, groups: dict[str, TaskGroup]) -> Any:
    name = "sources" if step.kind == "ingest" else step.phase
    if not name:
        return nullcontext()
    if name not in groups:
        groups[name] = TaskGroup(name, prefix_group_id=False, tooltip=f"{name}: see the tasks inside")
    return groups[name]


def _step_task(recipe: Recipe, step: Step, path: str) -> BaseOperator:
    common: dict[str, Any] = {"task_id": step.id, "doc_md": docs.step_doc(step), **_shared(step, path)}
    if step.kind == "record":
        return RecordOperator(outlets=[dataset_asset(recipe.corpus, BUILD)], **common)
    return StageOperator(**common)


def _gate_behind(first: BaseOperator, recipe: Recipe, step: Step, path: str) -> BaseOperator:
    gate = GateOperator(
        task_id=gate_task(step.id),
        doc_md=docs.gate_doc(step),
        outlets=[dataset_asset(recipe.corpus, step.id)],
        **_shared(step, path),
    )
    first >> gate
    return gate


def _shared(step: Step, path: str) -> Mapping[str, Any]:
    return {"recipe_path": path, "step_id": step.id, "store": "{{ params.store or '' }}"}
