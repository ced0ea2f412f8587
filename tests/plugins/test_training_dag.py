"""The DAG train_quality_models: its groups, its schedule, and what a broken model recipe does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import AssetOrTimeSchedule
from airflow.serialization.serialized_objects import DagSerialization
from winnow_airflow.assets import LABELS
from winnow_airflow.model_folder import model_files, training_dags
from winnow_airflow.model_schedule import is_due

from curation_lib.runner.model_recipes import load_model_recipe
from tests.plugins.models import write_model_recipe

CHECKOUT = Path(__file__).resolve().parents[2]
DAG_ID = "train_quality_models"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Two models, one of them trained weekly; none of their inputs exists, as nothing may read them."""
    folder = tmp_path / "models"
    write_model_recipe(folder, tmp_path / "no-inputs", "manuals", "'0 3 * * 1'")
    write_model_recipe(folder, tmp_path / "no-inputs", "prose")
    (folder / "explains-en").mkdir()
    (folder / "explains-en" / "manifest.json").write_text("{}")
    (folder / "a-folder.yaml").mkdir()
    monkeypatch.setenv("WINNOW_MODEL_RECIPES", str(folder))
    return folder


def built(folder: Path):
    return training_dags(model_files(folder, {"WINNOW_MODEL_RECIPES": str(folder)}))[DAG_ID]


def test_a_group_of_three_tasks_per_model(folder):
    dag = built(folder)
    parts = ("train", "review", "use")
    assert set(dag.task_ids) == {f"{name}.{part}" for name in ("manuals", "prose") for part in parts}
    upstream = {task.task_id: task.upstream_task_ids for task in dag.tasks}
    assert upstream["manuals.train"] == set()
    assert upstream["manuals.review"] == {"manuals.train"}
    assert upstream["manuals.use"] == {"manuals.review"}
    assert {t.task_id: [a.uri for a in t.outlets] for t in dag.tasks if t.outlets} == {
        "manuals.use": ["winnow://models/manuals"],
        "prose.use": ["winnow://models/prose"],
    }


def test_the_recipes_say_how_airflow_runs_it(folder):
    dag = built(folder)
    assert dag.tags == {"winnow", "models", "labels"}
    assert {(t.owner, t.retries, t.retry_delay.total_seconds()) for t in dag.tasks} == {("labels-team", 3, 7)}
    assert all(t.on_failure_callback for t in dag.tasks)
    assert dag.params["models"] == ["manuals", "prose"]
    assert dag.params["store"] is None
    assert "| manuals | classifier | positive, negative | `0 3 * * 1` | `manuals.yaml` |" in dag.doc_md


def test_it_runs_when_a_model_is_due_and_when_labels_are_added(folder):
    schedule = built(folder).schedule
    assert isinstance(schedule, AssetOrTimeSchedule)
    assert [line.expression for line in schedule.timetable.timetables] == ["0 3 * * 1"]
    assert list(schedule.asset_condition.objects) == [LABELS]
    (folder / "manuals.yaml").unlink()
    assert built(folder).schedule == [LABELS]


@pytest.mark.parametrize(
    ("schedule", "moment", "due"),
    [
        ("'0 3 * * 1'", datetime(2026, 11, 23, 3, tzinfo=UTC), True),
        ("'0 3 * * 1'", datetime(2026, 11, 24, 3, tzinfo=UTC), False),
        ("'@weekly'", datetime(2026, 11, 22, tzinfo=UTC), True),
        ("null", datetime(2026, 11, 22, tzinfo=UTC), False),
    ],
)
def test_a_scheduled_run_is_about_the_models_that_are_due(tmp_path, schedule, moment, due):
    path = write_model_recipe(tmp_path, tmp_path, schedule=schedule)
    assert is_due(load_model_recipe(path), moment) is due


def test_the_scheduler_can_store_it(folder):
    restored = DagSerialization.from_dict(DagSerialization.to_dict(built(folder)))
    assert set(restored.task_ids) == set(built(folder).task_ids)
    assert restored.timetable.summary.startswith("Asset or ")


BROKEN = {
    "keys.yaml": ("trainz: classifier\n", "keys.yaml: unknown key 'trainz'; known keys: name, description, trains,"),
    "twin.yaml": ("", "twin.yaml: model 'manuals' is already described by"),
    "cron.yaml": ("schedule: '@someday'", "cron.yaml: key 'airflow.schedule': '@someday' is no cron line; write five"),
    "setting.yaml": ("epochs: 3", "setting.yaml: settings: unknown key 'epochs'; known keys: text, word_ngrams"),
}


def test_a_broken_recipe_is_an_import_error_and_hides_no_other(folder):
    sound = (folder / "manuals.yaml").read_text()
    own = {name: sound.replace("name: manuals", f"name: {name.removesuffix('.yaml')}") for name in BROKEN}
    (folder / "keys.yaml").write_text(own["keys.yaml"].replace("trains:", "trainz:"))
    (folder / "twin.yaml").write_text(sound)
    (folder / "cron.yaml").write_text(own["cron.yaml"].replace("'0 3 * * 1'", "'@someday'"))
    (folder / "setting.yaml").write_text(own["setting.yaml"].replace("epoch:", "epochs:"))
    bag = DagBag(CHECKOUT / "dags" / "train_quality_models.py", collect_dags=True)
    assert (set(bag.dags), bag.import_errors) == ({DAG_ID}, {})
    assert {t.partition(".")[0] for t in bag.dags[DAG_ID].task_ids} == {"manuals", "prose"}
    broken = DagBag(CHECKOUT / "dags" / "broken_models.py", collect_dags=True)
    (error,) = broken.import_errors.values()
    lines = error.strip().splitlines()
    for _, said in BROKEN.values():
        assert len([line for line in lines if said in line]) == 1, (said, error)


def test_no_model_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("WINNOW_MODEL_RECIPES", str(tmp_path))
    for file in ("train_quality_models.py", "broken_models.py"):
        bag = DagBag(CHECKOUT / "dags" / file, collect_dags=True)
        assert (bag.dags, bag.import_errors) == ({}, {})


def test_the_demo_s_recipes_are_sound(monkeypatch):
    monkeypatch.delenv("WINNOW_MODEL_RECIPES", raising=False)
    bag = DagBag(CHECKOUT / "dags" / "train_quality_models.py", collect_dags=True)
    assert bag.import_errors == {}
    assert "demo-quality.train" in bag.dags[DAG_ID].task_ids
    assert DagBag(CHECKOUT / "dags" / "broken_models.py", collect_dags=True).import_errors == {}
