"""Tasks of a model at work: trained on a Dask scheduler of the test's own, over a store in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
)
from distributed import LocalCluster
from winnow_airflow import callbacks
from winnow_airflow.assets import model_asset
from winnow_airflow.model_folder import training_dags

from curation_lib.runner.models import current, make_current, versions
from curation_lib.runner.store import Store
from tests.plugins.models import write_documents, write_model_recipe

ASKED: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture(autouse=True)
def _connected(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    host, port = cluster.scheduler_address.removeprefix("tcp://").split(":")
    monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps({"conn_type": "dask", "host": host, "port": int(port)}))
    ASKED.clear()
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **asked: ASKED.append(asked))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    write_documents(tmp_path / "labels")
    return write_model_recipe(tmp_path / "models", tmp_path / "labels", schedule="'@weekly'")


class Run:
    """One DAG run of the model `manuals`, as its tasks see it."""

    def __init__(self, recipe: Path, models: tuple[str, ...] = ("manuals",), scheduled: datetime | None = None) -> None:
        (self.dag,) = training_dags([recipe]).values()
        self.values: dict[tuple[str, str], Any] = {}
        self.params = {"models": list(models)}
        self.run = SimpleNamespace(run_type="scheduled" if scheduled else "manual", run_after=scheduled)
        self.event = SimpleNamespace(extra={})

    def context(self, part: str) -> dict[str, Any]:
        def push(key: str, value: Any) -> None:
            self.values[f"manuals.{part}", key] = value

        def pull(task_ids: str, key: str = "return_value") -> Any:
            return self.values.get((task_ids, key))

        ti = SimpleNamespace(xcom_pull=pull, xcom_push=push, map_index=-1, id="0")
        events = {model_asset("manuals"): self.event}
        task = self.dag.get_task(f"manuals.{part}")
        return {
            "ti": ti, "task_instance": ti, "params": self.params, "dag_run": self.run, "run_id": "manual__1",
            "task": task, "outlet_events": events,
        }  # fmt: skip

    def do(self, part: str) -> Any:
        task = self.dag.get_task(f"manuals.{part}")
        task.store = ""  # as the template renders without the parameter
        value = type(task).execute.__wrapped__(task, self.context(part))
        self.values[f"manuals.{part}", "return_value"] = value
        return value

    def ask(self) -> dict[str, Any]:
        """What a person is asked by the review."""
        with pytest.raises(TaskAwaitingInput):
            self.do("review")
        return ASKED[-1]

    def say(self, option: str) -> Any:
        """Go on behind the person's answer."""
        event = {
            "chosen_options": [option], "params_input": {}, "responded_at": datetime.now(UTC),
            "responded_by_user": {"id": "1", "name": "editor"},
        }  # fmt: skip
        return self.dag.get_task("manuals.review").execute_complete(self.context("review"), event)


def approved(recipe: Path) -> str:
    """The fingerprint of a version that a person approved."""
    run = Run(recipe)
    run.do("train")
    run.ask()
    run.say("Approve")
    return str(run.do("use")["fingerprint"])


def test_a_first_version_waits_for_a_person(recipe, store):
    run = Run(recipe)
    made = run.do("train")
    (held,) = versions(store, "manuals")
    assert (held["fingerprint"], held["current"], held["license"]) == (made["fingerprint"], False, "CC0-1.0")
    assert made["folder"] == f"{store.url}/models/manuals/{made['fingerprint']}"
    assert made["metrics"]["held out accuracy"] == 1.0
    assert made["metrics"]["documents trained on"] == 32
    assert len(json.dumps(made)) < 1000
    asked = run.ask()
    assert asked["options"] == ["Approve", "Reject"]
    assert asked["subject"] == "Use the new version of manuals?"
    page = f"http://testserver/winnow/models/manuals/{made['fingerprint']}"
    assert f"[card and metrics]({page})" in asked["body"]
    assert "No version is current" in asked["body"]
    assert "| held out accuracy | 1.0000 | – |" in asked["body"]
    assert "| documents of positive | 20 | – |" in asked["body"]
    assert "| licence | CC0-1.0 | – |" in asked["body"]
    assert current(store, "manuals") is None
    run.say("Approve")
    assert run.do("use") == {"model": "manuals", "fingerprint": made["fingerprint"], "replaces": "", "page": page}
    assert current(store, "manuals") == made["fingerprint"]
    assert run.event.extra == {"store": store.url, "fingerprint": made["fingerprint"], "replaces": "", "page": page}


def test_what_made_the_current_version_asks_nothing(recipe):
    fingerprint = approved(recipe)
    run = Run(recipe)
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.do("train")
    assert list(skipped.value.tasks) == ["manuals.review"]
    answer = run.values["manuals.train", "return_value"]
    assert (answer["fingerprint"], answer["current"]) == (fingerprint, True)


def test_other_documents_are_shown_beside_and_a_rejection_changes_nothing(recipe, store, tmp_path):
    old = approved(recipe)
    write_documents(tmp_path / "labels", rows=30, shift=1)
    recipe.write_text(recipe.read_text().replace("epoch: 20", "epoch: 30"))
    run = Run(recipe)
    new = run.do("train")["fingerprint"]
    body = run.ask()["body"]
    assert f"Version `{old}` is current and would be replaced" in body
    assert "| documents of negative | 30 | 20 |" in body
    assert "- setting epoch: 30, was 20" in body
    assert "- data: negative negative.jsonl holds other documents" in body
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.say("Reject")
    assert list(skipped.value.tasks) == ["manuals.use"]
    assert {one["fingerprint"]: one["current"] for one in versions(store, "manuals")} == {old: True, new: False}


def test_an_approval_of_what_was_compared_with_another_version_is_refused(recipe, store, tmp_path):
    approved(recipe)
    write_documents(tmp_path / "labels", shift=1)
    run = Run(recipe)
    run.do("train")
    run.ask()
    write_documents(tmp_path / "labels", shift=2)
    other = Run(recipe)
    meanwhile = other.do("train")["fingerprint"]
    make_current(store, "manuals", meanwhile)
    with pytest.raises(AirflowFailException, match=f"version {meanwhile} has become current since the review; clear"):
        run.do("use")
    assert current(store, "manuals") == meanwhile
    with pytest.raises(AirflowSkipException, match="has become current meanwhile"):
        other.do("review")


def test_a_run_trains_the_models_that_it_is_about(recipe, store):
    with pytest.raises(AirflowSkipException, match="this run is about other models"):
        Run(recipe, models=("prose",)).do("train")
    with pytest.raises(AirflowSkipException, match="its schedule, @weekly, is not due"):
        Run(recipe, scheduled=datetime(2026, 11, 24, tzinfo=UTC)).do("train")
    assert store.list("models") == []
    assert Run(recipe, scheduled=datetime(2026, 11, 22, tzinfo=UTC)).do("train")["current"] is False


def test_labels_without_documents_fail_at_once_and_say_so(recipe, store, tmp_path, caplog):
    (tmp_path / "labels" / "positive.jsonl").unlink()
    run = Run(recipe)
    with pytest.raises(AirflowFailException, match=r"positive\.jsonl") as failed:
        run.do("train")
    callbacks.model_failed({**run.context("train"), "exception": failed.value})
    assert "model manuals, task train failed: " in caplog.text
    assert store.list("models") == []


def test_the_run_s_own_store_is_used_and_its_folder_named(recipe, tmp_path):
    run = Run(recipe)
    task = run.dag.get_task("manuals.train")
    task.store = str(tmp_path / "other")
    made = type(task).execute.__wrapped__(task, run.context("train"))
    assert made["page"] == made["folder"] == f"{tmp_path}/other/models/manuals/{made['fingerprint']}"
