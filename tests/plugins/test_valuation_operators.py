"""Tasks of a valuation at work: models trained on a Dask scheduler of the test's own, over a store in a folder."""

from __future__ import annotations

import json
import threading
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
from winnow_airflow.assets import MIXTURES, VALUED, named_asset
from winnow_airflow.operators import base
from winnow_airflow.valuation_dag import valuation_dags

from curation_lib.core.weights_files import with_weights
from curation_lib.runner import machines
from curation_lib.runner.mixtures import current_mixture, list_mixtures, publish_mixture, use_mixture
from curation_lib.runner.store import Store
from curation_lib.valuation.cost import Machine
from tests.plugins.valuations import write_documents, write_valuation

ASKED: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address="127.0.0.1:0", resources={"train": 1},
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture(autouse=True)
def _connected(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    host, port = cluster.scheduler_address.removeprefix("tcp://").split(":")
    monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps({"conn_type": "dask", "host": host, "port": int(port)}))
    ASKED.clear()
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **asked: ASKED.append(asked))
    # Measuring a machine takes half a minute, and what these tests ask of costs is whether they are told.
    monkeypatch.setattr(machines, "calibrate", lambda *_: Machine("this one", 1e9, 1e9))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_documents(tmp_path / "inputs")
    return write_valuation(tmp_path / "valuations", tmp_path / "inputs", seeds=2, trunk=4096, anneal=2048)


class Run:
    """One DAG run of the valuation `tiny`, as its tasks see it."""

    def __init__(self, file: Path, **params: Any) -> None:
        (self.dag,) = valuation_dags([file]).values()
        self.values: dict[tuple[str, str], Any] = {}
        self.params = {
            "valuation": "tiny",
            **dict.fromkeys(("candidate", "base", "source", "budget_tokens", "budget_money")),
            **params,
        }
        self.events: list[tuple[Any, Any]] = []

    def context(self, part: str) -> dict[str, Any]:
        def push(key: str, value: Any) -> None:
            self.values[part, key] = value

        def pull(task_ids: str, key: str = "return_value") -> Any:
            return self.values.get((task_ids, key))

        ti = SimpleNamespace(xcom_pull=pull, xcom_push=push, map_index=-1, id="0")
        outlet = SimpleNamespace(add=lambda asset, extra: self.events.append((asset, extra)))
        return {
            "ti": ti, "task_instance": ti, "params": self.params, "run_id": "manual__1", "task": self.dag.get_task(part),
            "outlet_events": {MIXTURES: outlet, VALUED: outlet},
        }  # fmt: skip

    def do(self, *parts: str) -> Any:
        for part in parts:
            task = self.dag.get_task(part)
            task.store = ""  # as the template renders without the parameter
            value = type(task).execute.__wrapped__(task, self.context(part))
            self.values[part, "return_value"] = value
        return value

    def ask(self) -> dict[str, Any]:
        """What a person is asked."""
        with pytest.raises(TaskAwaitingInput):
            self.do("approve")
        return ASKED[-1]

    def say(self, option: str) -> Any:
        """Go on behind the person's answer."""
        event = {
            "chosen_options": [option], "params_input": {}, "responded_at": datetime.now(UTC),
            "responded_by_user": {"id": "1", "name": "editor"},
        }  # fmt: skip
        return self.dag.get_task("approve").execute_complete(self.context("approve"), event)


def test_a_candidate_that_is_worth_it_becomes_a_mixture_when_a_person_approves(file, store, caplog):
    run = Run(file)
    planned = run.do("plan")
    assert (planned["runs"], planned["tokens"]) == (1 + 6 + 2, 4096 + 6 * 2048)
    assert planned["money"] == pytest.approx(planned["hours"] * 0.05)
    assert store.list("training") == []
    assert run.do("trunk")["trained"] == 1
    assert run.do("anneal") == {"runs": 8, "trained": 8}
    with caplog.at_level("INFO"):
        judged = run.do("judge")
    assert judged["sentence"].startswith("code is worth it: best at 30%")
    assert judged["verdicts"] == {"code": "worth it"}
    assert judged["page"] == f"http://testserver/winnow/{judged['directory']}"
    page = store.read(f"{judged['directory']}/index.html").decode()
    assert all(said in page for said in ("worth it", "this experiment", "as it went, by the clock"))
    comparable = store.read_json(f"{judged['directory']}/verdict.json")["comparable"]
    (row,) = store.read_json(f"leaderboards/{comparable}/leaderboard.json")["rows"]
    assert (row["candidate"], row["rank"], row["verdict"]) == ("code", 1, "worth it")
    asked = run.ask()
    assert asked["options"] == ["Approve", "Reject"]
    for said in ("code is worth it", f"[The whole report]({judged['page']})", "| source code | 0.3 |", "No mixture of"):
        assert said in asked["body"]
    assert f"`weights_file: {store.url}/mixtures/tiny`" in asked["body"]
    assert "code is best at 30%; the rest goes by what there is of all else." in asked["body"]
    assert current_mixture(store, "tiny") is None
    run.say("Approve")
    used = run.do("use")
    assert current_mixture(store, "tiny") == used["fingerprint"]
    mixes = with_weights({"pretrain": {"weights_file": store.address("mixtures/tiny")}})
    assert mixes["pretrain"]["weights"] == [{"source": "code", "weight": 0.3}, {"source": "*", "weight": 0.7}]
    (_, told), (asset, extra) = run.events
    assert [one.uri for one, _ in run.events] == ["winnow://valuations/tiny", "winnow://mixtures/tiny"]
    assert told["leaderboard"] == f"http://testserver/winnow/leaderboards/{comparable}"
    assert json.loads(Path(told["verdict"]).read_bytes())["sentence"] == told["sentence"] == judged["sentence"]
    assert asset == named_asset(MIXTURES, "tiny")
    assert extra == {"store": store.url, "fingerprint": used["fingerprint"], "replaces": "", "page": judged["page"]}
    _again(file, store, judged)
    _meanwhile(file, store)


def _again(file: Path, store: Store, judged: dict[str, Any]) -> None:
    """A second run trains nothing and says the same; of what is current already nobody is asked."""
    before = store.read(f"{judged['directory']}/verdict.json")
    run = Run(file, budget_tokens=1)
    assert run.do("plan")["tokens"] == 0
    assert run.do("trunk")["trained"] == 0
    assert run.do("anneal")["trained"] == 0
    assert run.do("judge")["directory"] == judged["directory"]
    assert store.read(f"{judged['directory']}/verdict.json") == before
    with pytest.raises(
        AirflowSkipException, match=f"mixture tiny: {current_mixture(store, 'tiny')} is current already"
    ):
        run.do("approve")


def _meanwhile(file: Path, store: Store) -> None:
    """Called by another name in recipes it is another mixture, beside the current one. Rejected, it changes nothing;
    approved, it is refused where another has become current since, or where the offer is another by now."""
    run, now = Run(file, source="fresh-code"), current_mixture(store, "tiny")
    run.do("plan", "trunk", "anneal", "judge")
    body = run.ask()["body"]
    assert body.index("| source fresh-code | 0.3 |") < body.index(
        f"It replaces `{now}`, valuation tiny code is worth it"
    )
    assert body.index("It replaces") < body.index("| source code | 0.3 |")
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        run.say("Reject")
    assert list(skipped.value.tasks) == ["use"]
    assert current_mixture(store, "tiny") == now
    run.params["source"] = "other-code"
    with pytest.raises(AirflowFailException, match="mixture tiny: the question was about .*, the report now gives"):
        run.do("use")
    assert [one.fingerprint for one in list_mixtures(store, "tiny")] == [now], "what is refused is not published"
    run.params["source"] = "fresh-code"
    other = publish_mixture(store, "tiny", [{"source": "*", "weight": 1}], {"experiment": "hand"})
    use_mixture(store, "tiny", other)
    with pytest.raises(AirflowFailException, match=f"mixture tiny: {other} has become current since the question"):
        run.do("use")
    assert current_mixture(store, "tiny") == other


def test_more_of_the_base_is_not_offered(file, store, tmp_path):
    run = Run(file, candidate=str(tmp_path / "inputs" / "base.jsonl"))
    judged = run.do("plan", "trunk", "anneal", "judge")
    assert list(judged["verdicts"]) == ["base"]
    assert judged["verdicts"]["base"] != "worth it"
    with pytest.raises(AirflowSkipException, match="no candidate is worth it: base is"):
        run.do("approve")
    assert ASKED == []


@pytest.mark.parametrize(("params", "said"), [({"budget_tokens": 16_000}, "budget_tokens is 16,000, what is left to train takes 16,384"), ({"budget_money": 0.0}, r"budget_money is 0\.00 USD, what is left to train takes [\d.e-]+ USD; .* start a new run with a higher budget")])  # fmt: skip
def test_what_is_above_the_budget_trains_nothing(file, store, params, said, caplog):
    run = Run(file, **params)
    with pytest.raises(AirflowFailException, match=said) as failed:
        run.do("plan")
    callbacks.experiment_failed({**run.context("plan"), "exception": failed.value})
    assert "dataset_valuation, task plan failed: " in caplog.text
    assert "clear it" not in caplog.text
    callbacks.experiment_failed({**run.context("plan"), "exception": RuntimeError("a worker died")})
    assert "task plan failed: a worker died; clear it to go on: finished runs are kept" in caplog.text
    assert store.list("training") == []


def test_a_file_that_changes_under_a_run_stops_it(file):
    run = Run(file)
    run.do("plan")
    file.write_text(file.read_text().replace("shares: [0.3]", "shares: [0.2]"))
    with pytest.raises(AirflowFailException, match="not those that were planned; trigger a new run"):
        run.do("trunk")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"valuation": "gone"}, "there is no 'gone' any more; there are tiny"),
        ({"base": "0123456789abcdef"}, "holds no build '0123456789abcdef'; builds are none"),
        ({"candidate": "/nowhere/x.jsonl"}, "/nowhere/x.jsonl"),
    ],
)
def test_what_is_not_there_is_named(file, params, said):
    with pytest.raises(AirflowFailException, match=said):
        Run(file, **params).do("plan")


@pytest.mark.parametrize(
    ("exception", "said"),
    [(ValueError(), "ValueError"), (ValueError("a\nb"), "a"), (None, "the task's process ended without a word")],
)
def test_the_log_says_in_a_line_why_a_task_failed(file, caplog, exception, said):
    callbacks.experiment_failed({**Run(file).context("plan"), "exception": exception})
    assert f"task plan failed: {said}; clear it to go on" in caplog.text


def test_work_is_taken_back_in_a_thread_of_its_own(file, monkeypatch):
    """The signal may come while the task's thread holds a lock that cancelling takes."""
    monkeypatch.setattr(base, "STOP_SECONDS", 0.1)
    task, lock, cancelled = Run(file).dag.get_task("anneal"), threading.Lock(), []

    def cancel() -> None:
        with lock:
            cancelled.append(threading.current_thread().name)

    task._scheduler = SimpleNamespace(cancel=cancel)
    with lock:
        task.on_kill()
        assert cancelled == []
    for thread in (one for one in threading.enumerate() if one.name == "stop"):
        thread.join(5)
    assert cancelled == ["stop"]
