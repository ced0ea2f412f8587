"""The DAG train_quality_models in the running stack: it trains on Dask, asks a person, and does as it is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from curation_lib.core.artefact import find_model
from curation_lib.runner.models import current, versions
from curation_lib.runner.store import Store
from tests.end_to_end.browser import shoot
from tests.end_to_end.running import Stack, finish, start
from tests.plugins.models import write_documents

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]
DAG_ID, MODEL = "train_quality_models", "manuals"
REVIEW = f"{MODEL}.review"


def states(stack: Stack, run_id: str) -> dict[str, str]:
    return {t["task_id"].removeprefix(f"{MODEL}."): t["state"] for t in stack.airflow.tasks(DAG_ID, run_id)}


def await_question(stack: Stack, run_id: str) -> dict[str, Any]:
    """What a person is asked, once the run's review waits."""
    end = time.monotonic() + 180
    while (found := states(stack, run_id))["review"] != "awaiting_input":
        assert time.monotonic() < end, found
        assert "failed" not in found.values(), stack.airflow.log(DAG_ID, run_id, f"{MODEL}.train", 1)
        time.sleep(1)
    path = f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{REVIEW}/-1/hitlDetails"
    asked: dict[str, Any] = stack.airflow.ask("GET", path)
    return asked


def answer(stack: Stack, run_id: str, option: str) -> str:
    """Answer the question as the UI does; the state in which the run ends."""
    path = f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{REVIEW}/-1/hitlDetails"
    stack.airflow.ask("PATCH", path, json={"chosen_options": [option], "params_input": {}})
    return finish(stack, DAG_ID, run_id, 180)


def asset(stack: Stack, name: str) -> int:
    found = stack.airflow.ask("GET", "assets", params={"limit": 100})["assets"]
    return next(int(one["id"]) for one in found if one["name"] == name)


def events(stack: Stack, name: str) -> list[dict[str, Any]]:
    path, query = "assets/events", {"asset_id": asset(stack, name)}
    found: list[dict[str, Any]] = stack.airflow.ask("GET", path, params=query)["asset_events"]
    return found


@pytest.fixture(scope="module")
def first(stack: Stack, page: Page) -> dict[str, Any]:
    """The first version ever: what was asked, what the store held then, and how the run ended once approved."""
    store, run_id = Store(stack.store), start(stack, DAG_ID)
    asked = await_question(stack, run_id)
    held = list(versions(store, MODEL))
    page.goto(f"{stack.settings.airflow_url}/dags/{DAG_ID}/runs/{run_id}/tasks/{REVIEW}/required_actions")
    expect(page.get_by_role("button", name="Approve").first).to_be_visible(timeout=30_000)
    shoot(page, "model_review_first")
    return {"asked": asked, "held": held, "state": answer(stack, run_id, "Approve"), "run_id": run_id}


def test_a_first_version_is_used_only_when_a_person_approves(stack: Stack, first: dict[str, Any]) -> None:
    (made,) = first["held"]
    assert made["current"] is False, "no version is current before somebody says so"
    assert f"Version `{made['fingerprint']}`" in first["asked"]["body"]
    assert "No version is current" in first["asked"]["body"]
    assert f"/winnow/models/{MODEL}/{made['fingerprint']}" in first["asked"]["body"]
    assert first["state"] == "success"
    assert states(stack, first["run_id"]) == {"train": "success", "review": "success", "use": "success"}
    store = Store(stack.store)
    assert current(store, MODEL) == made["fingerprint"]
    named = find_model(f"{stack.store}/models/{MODEL}", ["fasttext"])  # as a filter's setting names it
    assert named.manifest is not None
    assert named.manifest.fingerprint == made["fingerprint"]
    (event,) = events(stack, f"models/{MODEL}")
    assert event["extra"]["fingerprint"] == made["fingerprint"]
    assert event["extra"]["replaces"] == ""


def test_the_same_data_and_settings_ask_nothing(stack: Stack, first: dict[str, Any]) -> None:
    run_id = start(stack, DAG_ID)
    assert finish(stack, DAG_ID, run_id, 180) == "success"
    assert states(stack, run_id) == {"train": "success", "review": "skipped", "use": "skipped"}
    assert stack.airflow.result(DAG_ID, run_id, f"{MODEL}.train")["fingerprint"] == first["held"][0]["fingerprint"]
    assert len(events(stack, f"models/{MODEL}")) == 1


def test_new_labels_start_a_run_and_a_rejected_version_is_not_used(
    stack: Stack, first: dict[str, Any], page: Page
) -> None:
    store, old = Store(stack.store), first["held"][0]["fingerprint"]
    write_documents(stack.recipes.parent / "labels", rows=30, shift=1)
    before = {run["dag_run_id"] for run in stack.airflow.ask("GET", f"dags/{DAG_ID}/dagRuns")["dag_runs"]}
    stack.airflow.ask("POST", "assets/events", json={"asset_id": asset(stack, "labels"), "extra": {"rows": 20}})
    run = new_run(stack, before)
    assert run["run_type"] == "asset_triggered"
    asked = await_question(stack, run["dag_run_id"])
    assert f"Version `{old}` is current" in asked["body"]
    assert "holds other documents" in asked["body"]
    page.goto(f"{stack.settings.airflow_url}/required_actions")
    expect(page.get_by_text(f"Use the new version of {MODEL}?").first).to_be_visible(timeout=30_000)
    shoot(page, "required_actions")
    page.goto(f"{stack.settings.airflow_url}/dags/{DAG_ID}/runs/{run['dag_run_id']}/tasks/{REVIEW}/required_actions")
    expect(page.get_by_text("held out accuracy").first).to_be_visible(timeout=30_000)
    shoot(page, "model_review")
    page.get_by_role("button", name="Reject").first.scroll_into_view_if_needed()
    shoot(page, "model_review_buttons")
    assert answer(stack, run["dag_run_id"], "Reject") == "success"
    assert states(stack, run["dag_run_id"]) == {"train": "success", "review": "success", "use": "skipped"}
    assert current(store, MODEL) == old
    assert {one["fingerprint"]: one["current"] for one in versions(store, MODEL)} == {
        old: True,
        stack.airflow.result(DAG_ID, run["dag_run_id"], f"{MODEL}.train")["fingerprint"]: False,
    }
    assert len(events(stack, f"models/{MODEL}")) == 1


def new_run(stack: Stack, before: set[str]) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        for run in stack.airflow.ask("GET", f"dags/{DAG_ID}/dagRuns")["dag_runs"]:
            if run["dag_run_id"] not in before:
                found: dict[str, Any] = run
                return found
        assert time.monotonic() < end, "labels were added and no run began"
        time.sleep(1)


def test_the_pages_show_the_models(stack: Stack, first: dict[str, Any], page: Page) -> None:
    page.goto(stack.settings.airflow_url)
    page.get_by_text("Data Docs").first.click()
    frame = page.frame_locator("iframe").first
    frame.get_by_role("link", name="Models").click()
    expect(frame.get_by_role("heading", name=MODEL)).to_be_visible(timeout=30_000)
    shoot(page, "models_in_airflow")
    page.goto(f"{stack.settings.airflow_url}/winnow/models")
    expect(page.get_by_text("current", exact=True)).to_have_count(1)
    shoot(page, "models")
    page.get_by_text(first["held"][0]["fingerprint"]).click()
    expect(page.get_by_role("heading", name="Training data")).to_be_visible(timeout=30_000)
    shoot(page, "model")
