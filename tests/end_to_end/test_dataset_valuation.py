"""The DAG dataset_valuation in the running stack: its training worker dies midway, and the verdict is the same."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from playwright.sync_api import Page, expect

from curation_lib.audit.valuations import reported
from curation_lib.core.weights_files import with_weights
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.run_files import CHECKPOINT
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.valuation import anneal, place_of, plan, train_trunk
from curation_lib.valuation.experiment import load_valuation
from tests.end_to_end.browser import shoot
from tests.end_to_end.running import Stack, count, finish

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]
DAG_ID, NAME = "dataset_valuation", "tiny"


def states(stack: Stack, run_id: str) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in stack.airflow.tasks(DAG_ID, run_id)}


def kill_the_trainer(stack: Stack, run_id: str) -> int:
    """kill -9 the Dask worker that trains, once it has saved a checkpoint; its process id."""
    store, end = Store(stack.store), time.monotonic() + 200
    while not count(store, "training", CHECKPOINT):
        assert time.monotonic() < end, states(stack, run_id)
        assert "failed" not in states(stack, run_id).values(), states(stack, run_id)
        time.sleep(0.1)
    with Client(stack.settings.scheduler_address, set_as_default=False) as client:
        (busy,) = [address for address, keys in client.processing().items() if keys]
        pid = int(client.run(os.getpid, workers=[busy])[busy])
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.fixture(scope="module")
def disturbed(stack: Stack) -> dict[str, Any]:
    """A valuation whose training worker dies; it waits for a person."""
    stack.airflow.wait_for_dag(DAG_ID)
    run_id = stack.airflow.trigger(DAG_ID, {"valuation": NAME, "budget_tokens": 1_000_000})
    pid = kill_the_trainer(stack, run_id)
    unfinished = count(Store(stack.store), "training", "result.json")
    end = time.monotonic() + 200
    while (found := states(stack, run_id))["approve"] != "awaiting_input":
        assert time.monotonic() < end, found
        assert "failed" not in found.values(), found
        time.sleep(0.5)
    judged = stack.airflow.result(DAG_ID, run_id, "judge")
    return {"run_id": run_id, "pid": pid, "finished": unfinished, "judged": judged}


def undisturbed(stack: Stack, folder: Path) -> tuple[str, bytes]:
    """The same valuation in another store, in one process: where its verdict lies, and the verdict."""
    session = Session(Store(str(folder)), LocalScheduler(1))
    valuation = load_valuation(stack.recipes.parent / "valuations" / f"{NAME}.yaml")
    made = plan(valuation, session)
    train_trunk(made, session)
    anneal(made, session)
    session.store.put(
        f"{place_of(valuation, made)}/machine.json",
        Store(stack.store).read(f"{place_of(valuation, made)}/machine.json"),
    )
    reported(valuation, made, session)
    return place_of(valuation, made), session.store.read(f"{place_of(valuation, made)}/verdict.json")


def test_a_killed_trainer_ends_in_the_same_verdict(stack: Stack, disturbed: dict[str, Any], tmp_path: Path) -> None:
    assert disturbed["finished"] == 0, "the trunk was finished before its worker was killed"
    place, verdict = undisturbed(stack, tmp_path / "store")
    assert disturbed["judged"]["directory"] == place
    assert Store(stack.store).read(f"{place}/verdict.json") == verdict
    trunk = Store(stack.store)
    assert not count(trunk, "training", CHECKPOINT), "a finished run leaves no checkpoint"


def test_the_log_shows_price_and_progress(stack: Stack, disturbed: dict[str, Any]) -> None:
    run_id = disturbed["run_id"]
    said = "\n".join(stack.airflow.log(DAG_ID, run_id, "plan", 1))
    assert "left to train 9 runs on" in said
    assert "USD" in said
    assert "anneal: train 8/8" in "\n".join(stack.airflow.log(DAG_ID, run_id, "anneal", 1))
    assert disturbed["judged"]["sentence"] in "\n".join(stack.airflow.log(DAG_ID, run_id, "judge", 1))


def test_a_person_approves_and_a_recipe_reads_the_mixture(stack: Stack, disturbed: dict[str, Any], page: Page) -> None:
    run_id, judged = disturbed["run_id"], disturbed["judged"]
    page.goto(f"{stack.settings.airflow_url}/dags/{DAG_ID}/runs/{run_id}/tasks/approve/required_actions")
    expect(page.get_by_role("button", name="Approve").first).to_be_visible(timeout=30_000)
    shoot(page, "valuation_approve")
    path = f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
    assert judged["page"] in stack.airflow.ask("GET", path)["body"]
    stack.airflow.ask("PATCH", path, json={"chosen_options": ["Approve"], "params_input": {}})
    assert finish(stack, DAG_ID, run_id, 120) == "success"
    mixes = with_weights({"pretrain": {"weights_file": f"{stack.store}/mixtures/{NAME}"}})
    assert mixes["pretrain"]["weights"] == [{"source": "code", "weight": 0.3}, {"source": "*", "weight": 0.7}]
    assets = stack.airflow.ask("GET", "assets", params={"limit": 100, "only_active": False})["assets"]
    for uri in (f"winnow://mixtures/{NAME}", f"winnow://valuations/{NAME}"):
        (asset,) = [one for one in assets if one["uri"] == uri]
        (event,) = stack.airflow.ask("GET", "assets/events", params={"asset_id": asset["id"]})["asset_events"]
        assert event["extra"]["page"] == judged["page"]
    shared = Store(stack.store).read_json(f"{judged['directory']}/verdict.json")["comparable"]
    assert event["extra"]["leaderboard"].endswith(f"/winnow/leaderboards/{shared}")


def test_the_verdict_is_a_page(stack: Stack, disturbed: dict[str, Any], page: Page) -> None:
    page.goto(f"{stack.settings.airflow_url}/winnow/valuations")
    expect(page.get_by_text(disturbed["judged"]["sentence"])).to_be_visible(timeout=30_000)
    shoot(page, "valuations")
    page.get_by_role("link", name=NAME).click()
    expect(page).to_have_url(disturbed["judged"]["page"])
    expect(page.get_by_text("worth it").first).to_be_visible(timeout=30_000)
    shoot(page, "valuation")
    page.get_by_role("link", name="Leaderboard").click()
    expect(page.get_by_text("Leaderboard of candidates").first).to_be_visible(timeout=30_000)
    page.goto(f"{stack.settings.airflow_url}/winnow/searches")
    expect(page.get_by_text("source code 0.3")).to_be_visible(timeout=30_000)
    shoot(page, "mixtures")
