"""The DAGs dataset_valuation and mixture_search: their tasks, their parameters, and what a broken file does."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import AssetAlias
from airflow.serialization.serialized_objects import DagSerialization
from winnow_airflow.valuation_dag import VALUATIONS, valuation_dags

from tests.plugins.valuations import write_valuation

CHECKOUT = Path(__file__).resolve().parents[2]
DAG_ID = "dataset_valuation"
TASKS = ["plan", "trunk", "anneal", "judge", "approve", "use"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Two valuations; none of their documents exists, as nothing may read them."""
    folder = tmp_path / "valuations"
    for name in ("tiny", "other"):
        write_valuation(folder, tmp_path / "no-inputs", name)
    monkeypatch.setenv("WINNOW_VALUATIONS", str(folder))
    return folder


def built(folder: Path):
    return valuation_dags(VALUATIONS.files(folder, {"WINNOW_VALUATIONS": str(folder)}))[DAG_ID]


def test_tasks_come_one_after_the_other(folder):
    dag = built(folder)
    assert [task.task_id for task in dag.topological_sort()] == TASKS
    for before, task in pairwise(TASKS):
        assert dag.get_task(task).upstream_task_ids == {before}
    outlets = {task.task_id: task.outlets for task in dag.tasks if task.outlets}
    assert outlets == {
        "judge": [AssetAlias(name="valuations", group="winnow")],
        "use": [AssetAlias(name="mixtures", group="winnow")],
    }
    assert all(task.on_failure_callback and task.retries == 2 for task in dag.tasks)


def test_a_run_says_what_is_valued(folder):
    dag = built(folder)
    assert dag.params["valuation"] == "other"
    assert dag.params.get_param("valuation").schema["enum"] == ["other", "tiny"]
    for name in ("candidate", "base", "budget_tokens", "budget_money", "store"):
        assert dag.params[name] is None
    assert "| tiny | code | code | 30% | 3 | `tiny.yaml` |" in dag.doc_md


def test_the_scheduler_can_store_it(folder):
    restored = DagSerialization.from_dict(DagSerialization.to_dict(built(folder)))
    assert set(restored.task_ids) == set(TASKS)


def test_a_broken_file_is_an_import_error_and_hides_no_other(folder):
    sound = (folder / "tiny.yaml").read_text()
    (folder / "keys.yaml").write_text(sound.replace("seeds:", "sedes:").replace("valuation: tiny", "valuation: keys"))
    (folder / "twin.yaml").write_text(sound)
    bag = DagBag(CHECKOUT / "dags" / "dataset_valuation.py", collect_dags=True)
    assert (set(bag.dags), bag.import_errors) == ({DAG_ID}, {})
    assert bag.dags[DAG_ID].params.get_param("valuation").schema["enum"] == ["other", "tiny"]
    (error,) = DagBag(CHECKOUT / "dags" / "broken_valuations.py", collect_dags=True).import_errors.values()
    lines = error.strip().splitlines()
    for said in ("keys.yaml: unknown key 'sedes'; known keys: valuation,", "twin.yaml: valuation 'tiny' is already"):
        assert len([line for line in lines if said in line]) == 1, (said, error)


def test_no_valuation_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("WINNOW_VALUATIONS", str(tmp_path))
    for file in ("dataset_valuation.py", "broken_valuations.py"):
        bag = DagBag(CHECKOUT / "dags" / file, collect_dags=True)
        assert (bag.dags, bag.import_errors) == ({}, {})


def test_a_search_has_its_tasks_and_the_demo_s_is_sound(monkeypatch):
    monkeypatch.delenv("WINNOW_SEARCHES", raising=False)
    bag = DagBag(CHECKOUT / "dags" / "mixture_search.py", collect_dags=True)
    assert bag.import_errors == {}
    dag = bag.dags["mixture_search"]
    assert [task.task_id for task in dag.topological_sort()] == ["plan", "swarm", "fit", "approve", "use"]
    assert dag.params.get_param("search").schema["enum"] == ["demo"]
    assert (dag.params["budget_tokens"], dag.params["store"]) == (None, None)
    assert "| demo | fastapi, django, shakespeare, django-code |" in dag.doc_md
    restored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert set(restored.task_ids) == set(dag.task_ids)
    assert DagBag(CHECKOUT / "dags" / "broken_searches.py", collect_dags=True).import_errors == {}


def test_a_broken_search_is_an_import_error_and_hides_no_other(tmp_path, monkeypatch):
    sound = (CHECKOUT / "dags" / "searches" / "demo.yaml").read_text()
    (tmp_path / "demo.yaml").write_text(sound)
    (tmp_path / "keys.yaml").write_text(sound.replace("target_run:", "target_runs:"))
    monkeypatch.setenv("WINNOW_SEARCHES", str(tmp_path))
    assert set(DagBag(CHECKOUT / "dags" / "mixture_search.py", collect_dags=True).dags) == {"mixture_search"}
    (error,) = DagBag(CHECKOUT / "dags" / "broken_searches.py", collect_dags=True).import_errors.values()
    assert "keys.yaml: unknown key 'target_runs'" in error


def test_the_demo_s_valuation_is_sound(monkeypatch):
    monkeypatch.delenv("WINNOW_VALUATIONS", raising=False)
    bag = DagBag(CHECKOUT / "dags" / "dataset_valuation.py", collect_dags=True)
    assert bag.import_errors == {}
    assert bag.dags[DAG_ID].params["valuation"] == "demo-code"
    assert DagBag(CHECKOUT / "dags" / "broken_valuations.py", collect_dags=True).import_errors == {}
