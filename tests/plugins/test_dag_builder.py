"""A recipe's DAG: its tasks, their edges, what Airflow is told about it, and what a broken recipe does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from winnow_airflow.dag_builder import build_dag

from curation_lib.core.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parents[2]


def test_one_task_per_step_and_one_per_gate(recipe):
    dag = build_dag(recipe(shards=7, phases=("pretrain", "posttrain")))
    steps = [
        *("sources.notes", "sources.prose", "dedup.exact", "filters.length", "export.licenses"),
        *(f"{kind}.{phase}" for kind in ("mix", "shuffle", "export") for phase in ("pretrain", "posttrain")),
    ]
    expected = {*steps, *(f"{s}.gate" for s in steps), "build.record"}
    assert set(dag.task_ids) == expected


def test_what_follows_a_step_waits_for_its_gate(recipe):
    dag = build_dag(recipe(phases=("pretrain", "posttrain")))
    upstream = {task.task_id: task.upstream_task_ids for task in dag.tasks}
    assert upstream["sources.notes"] == set()
    assert upstream["sources.notes.gate"] == {"sources.notes"}
    assert upstream["dedup.exact"] == {"sources.notes.gate", "sources.prose.gate"}
    assert upstream["filters.length"] == {"dedup.exact.gate"}
    assert upstream["export.licenses"] == {"filters.length.gate"}
    assert upstream["mix.posttrain"] == {"export.licenses.gate"}
    assert upstream["build.record"] == {"export.pretrain.gate", "export.posttrain.gate"}


def test_the_recipe_says_how_airflow_runs_it(recipe):
    dag = build_dag(recipe())
    assert (dag.dag_id, dag.max_active_runs, dag.catchup) == ("corpus_build__notes", 1, False)
    assert dag.schedule == "@weekly"
    assert dag.tags == {"winnow", "notes"}
    assert {(t.owner, t.retries, t.retry_delay.total_seconds()) for t in dag.tasks} == {("text-team", 3, 7)}
    assert dag.on_failure_callback
    assert all(t.on_failure_callback for t in dag.tasks)


def test_a_dataset_is_announced_by_its_gate(recipe):
    dag = build_dag(recipe())
    outlets = {t.task_id: [a.uri for a in t.outlets] for t in dag.tasks if t.outlets}
    assert outlets["export.pretrain.gate"] == ["winnow://notes/export.pretrain"]
    assert outlets["build.record"] == ["winnow://notes/build"]
    assert all(name.endswith(".gate") or name == "build.record" for name in outlets)


def test_the_page_of_a_dag_tells_what_the_recipe_says(recipe):
    asked = "{frame: metrics, type: ExpectColumnValuesToBeBetween, column: rows, min_value: 3}"
    more = f"gates:\n  dedup.exact: [{asked}]"
    dag = build_dag(recipe(more=more))
    for words in ("Notes for a test.", "| prose | `sources.jsonl` | MIT |", "@weekly"):
        assert words in dag.doc_md
    assert "`dedup.exact`, set by this recipe: `metrics.rows` >= 3" in dag.doc_md
    assert "`allow = ['CC0-1.0', 'MIT']`" in dag.get_task("export.licenses").doc_md
    assert "`metrics.rows` >= 3" in dag.get_task("dedup.exact.gate").doc_md


def test_the_page_of_a_dag_says_where_weights_came_from(recipe, tmp_path):
    (tmp_path / "w.yaml").write_text("{verdict: Ship UniMax, weights: [{source: prose, weight: 1}]}")
    file = recipe()
    mix = f"pretrain: {{weights_file: {tmp_path / 'w.yaml'}}}"
    file.write_text(file.read_text().replace("pretrain: {default_weight: 1}", mix))
    said = "- **pretrain**: weights [{'source': 'prose', 'weight': 1}], weights of the file w.yaml: Ship UniMax"
    assert said in build_dag(file).doc_md


def test_the_scheduler_can_store_it(recipe):
    data = DagSerialization.to_dict(build_dag(recipe()))
    restored = DagSerialization.from_dict(data)
    assert set(restored.task_ids) == set(build_dag(recipe()).task_ids)


def test_a_broken_recipe_is_an_import_error_and_hides_no_other(recipe, monkeypatch):
    good, bad = recipe("good"), recipe("bad", "stagez: []")
    recipe("twin").write_text(good.read_text())
    away = yaml.safe_load(good.read_text()) | {"corpus": "away"}
    away["mixes"] = {"pretrain": {"weights_file": "http://127.0.0.1:9/best.yaml", "token_budget": 9}}
    recipe("away").write_text(yaml.safe_dump(away))
    monkeypatch.setenv("WINNOW_RECIPES", str(bad.parent))
    builds = DagBag(CHECKOUT / "dags" / "corpus_builds.py", collect_dags=True)
    assert set(builds.dags) == {"corpus_build__good"}
    assert builds.import_errors == {}
    broken = DagBag(CHECKOUT / "dags" / "broken_recipes.py", collect_dags=True)
    (error,) = broken.import_errors.values()
    assert f"{bad}: unknown key 'stagez'" in error
    assert "twin.yaml: corpus 'good' is already described by" in error
    assert "away.yaml: mixes.pretrain: weights_file: cannot read http://127.0.0.1:9/best.yaml" in error
    assert broken.dags == {}


def test_no_recipe_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("WINNOW_RECIPES", str(tmp_path))
    for file in ("corpus_builds.py", "broken_recipes.py"):
        bag = DagBag(CHECKOUT / "dags" / file, collect_dags=True)
        assert (bag.dags, bag.import_errors) == ({}, {})


def test_an_impossible_gate_is_refused_before_anything_runs(recipe):
    with pytest.raises(ConfigError, match=r"no step 'dedup\.fuzzy'"):
        build_dag(recipe(more="gates: {dedup.fuzzy: []}"))


def test_reading_the_recipes_is_quick_and_loads_nothing_heavy(recipe):
    """CPU time, which other work on the machine does not add to."""
    code = """
import sys, time, runpy
import airflow.sdk
from airflow.sdk import DAG, Asset, BaseHook, BaseOperator, Param, TaskGroup
before = time.process_time()
dags = runpy.run_path(sys.argv[1])
print(time.process_time() - before)
print([m for m in ("great_expectations", "distributed", "dask", "s3fs", "moto", "torch") if m in sys.modules])
print([k for k in dags if k.startswith("corpus_build__")])
"""
    path = recipe()
    environment = {
        **os.environ,
        "WINNOW_RECIPES": str(path.parent),
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "plugins"), str(CHECKOUT)]),
    }
    command = [sys.executable, "-c", code, str(CHECKOUT / "dags" / "corpus_builds.py")]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    seconds, heavy, dags = out.splitlines()[-3:]
    assert float(seconds) < 1.5
    assert heavy == "[]"
    assert dags == "['corpus_build__notes']"
