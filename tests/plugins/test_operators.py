"""Tasks at work: on a Dask scheduler of the test's own, over a store in a folder."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from distributed import Client, LocalCluster
from winnow_airflow import callbacks
from winnow_airflow.assets import dataset_asset
from winnow_airflow.dag_builder import build_dag
from winnow_airflow.hooks.dask import DaskHook
from winnow_airflow.hooks.store import StoreHook
from winnow_airflow.operators.gate import ContractBroken
from winnow_airflow.operators.stage import outcome
from winnow_airflow.records import read_records

from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.runner.lock import BuildLock
from curation_lib.runner.steps import StepResult
from curation_lib.runner.store import Store

RUN = "manual__2026-01-02T03:04:05+00:00"


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


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "store"))


class Run:
    """One DAG run, as its tasks see it: what they return is what later ones pull."""

    def __init__(self, dag: DAG) -> None:
        self.dag, self.values, self.skipped = dag, dict[str, Any](), dict[str, str]()
        self.events = {a: SimpleNamespace(extra={}) for t in dag.tasks for a in t.outlets}

    def context(self, task_id: str) -> dict[str, Any]:
        def push(key: str, value: Any) -> None:
            assert key == "return_value"
            self.values[task_id] = value

        ti = SimpleNamespace(xcom_pull=lambda task_ids: self.values.get(task_ids), xcom_push=push)
        return {"ti": ti, "run_id": RUN, "outlet_events": self.events, "task": self.dag.get_task(task_id)}

    def run(self, task_id: str) -> Any:
        task = self.dag.get_task(task_id)
        task.store = ""  # as the template renders without the parameter
        value = type(task).execute.__wrapped__(task, self.context(task_id))
        self.values[task_id] = value
        return value

    def run_to(self, last: str) -> None:
        for task in self.dag.topological_sort():
            try:
                self.run(task.task_id)
            except AirflowSkipException as e:
                self.skipped[task.task_id] = str(e)
            if task.task_id == last:
                return


def test_a_build_runs_to_its_record(recipe, store):
    run = Run(build_dag(recipe()))
    run.run_to("build.record")
    assert run.skipped == {}
    done = run.values["build.record"]
    build = store.read_json(f"builds/notes/{done['build_id']}.json")
    assert {s["step"]: s["kind"] for s in build["steps"]}["filters.length"] == "filter"
    assert store.list(f"exports/notes/{done['build_id']}/pretrain")
    assert run.values["sources.notes"]["kept"] == 10
    assert store.list("locks") == []
    event = run.events[dataset_asset("notes", "dedup.exact")].extra
    assert event["directory"] == run.values["dedup.exact"]["directory"]
    assert event["kept"] == run.values["dedup.exact"]["kept"] == 8
    assert event["directory"].endswith(event["fingerprint"])
    # Nothing large, and no text, passes through Airflow's database.
    assert all(len(json.dumps(v)) < 500 for v in run.values.values())
    records = {r["task"]: r for r in read_records(store, "notes", RUN)}
    assert set(records) == set(run.dag.task_ids)
    assert records["dedup.exact"]["counts"]["dropped"] == {"dedup.exact.duplicate_content": 12}

    again = Run(build_dag(recipe()))
    again.run_to("build.record")
    states = {r["task"]: r["state"] for r in read_records(store, "notes", RUN)}
    assert {states[t] for t in states if not t.endswith(".gate")} == {"reused", "recorded"}
    assert again.values["build.record"] == done


def test_a_log_tells_progress_and_the_counts(recipe, capfd):
    run = Run(build_dag(recipe()))
    run.run("sources.notes")
    log = capfd.readouterr().out
    assert "sources.notes: ingest 2/2 shards" in log
    assert "10 in, 0 created, 0 dropped, 0 quarantined, 0 skipped, 10 kept" in log


def test_what_a_step_counted_beside_rows_ends_its_log():
    counts = {"rows_in": 9, "created": 3, "skipped": 0, "kept": 12, "dropped": {}, "quarantined": {}}
    tally = {"synthetic.generate.ok": 2, "synthetic.generate.refused": 1, "synthetic.generate.cost_millionths": 20_000}
    done = StepResult("synthetic.generate", "computed", "d", {**counts, "tally": tally}, {}, 1.0)
    last = "synthetic.generate:   synthetic.generate.ok 2, synthetic.generate.refused 1, synthetic.generate.cost 0.0200"
    assert outcome(done)[1:] == [last]


STRICT = "gates:\n  dedup.exact: [{frame: metrics, type: ExpectColumnValuesToBeBetween, column: rows, min_value: 99}]"


def test_a_gate_that_fails_names_the_expectation_and_its_page(recipe, store):
    run = Run(build_dag(recipe(more=STRICT)))
    run.run_to("dedup.exact")
    with pytest.raises(ContractBroken) as broken:
        run.run("dedup.exact.gate")
    assert "metrics.rows: ExpectColumnValuesToBeBetween: observed 8, required >= 99" in str(broken.value)
    assert f"Data Docs: http://testserver/winnow/{broken.value.page}" in str(broken.value)
    assert store.exists(broken.value.page)
    assert isinstance(broken.value, AirflowFailException)  # a retry would judge the same

    with pytest.raises(AirflowFailException, match="its gate failed"):
        run.run("filters.length")  # although somebody may have set the gate to success


def test_a_failure_is_logged_recorded_and_lets_the_lock_go(recipe, store, caplog):
    run = Run(build_dag(recipe(more=STRICT)))
    run.run_to("dedup.exact")
    assert store.read_json("locks/notes.json")["owner"] == f"airflow corpus_build__notes {RUN}"
    with pytest.raises(ContractBroken) as broken:
        run.run("dedup.exact.gate")
    callbacks.task_failed({**run.context("dedup.exact.gate"), "exception": broken.value})
    (record,) = [r for r in read_records(store, "notes", RUN) if r["state"] == "failed"]
    assert (record["task"], record["page"]) == ("dedup.exact.gate", broken.value.page)
    callbacks.build_failed({"dag": run.dag, "run_id": RUN, "reason": "task_failure"})
    assert store.list("locks") == []
    line = "corpus notes, task dedup.exact.gate failed: dedup.exact: contract broken"
    assert caplog.text.count(line) == 2
    assert f"http://testserver/winnow/{broken.value.page}" in caplog.text


def test_another_active_build_keeps_a_task_out(recipe, store):
    other = BuildLock(store, "notes", "airflow corpus_build__notes other")
    other.take()
    run = Run(build_dag(recipe()))
    with pytest.raises(StoreError, match="a build of 'notes' is active"):
        run.run("sources.notes")
    callbacks.build_failed({"dag": run.dag, "run_id": RUN, "reason": "x"})
    assert store.read_json("locks/notes.json")["owner"] == "airflow corpus_build__notes other"


def test_a_recipe_that_changes_under_a_run_stops_it(recipe):
    run = Run(build_dag(recipe()))
    run.run_to("sources.prose.gate")
    recipe(more=STRICT)
    with pytest.raises(AirflowFailException, match=r"has changed since sources\.notes ran; trigger a new run"):
        run.run("dedup.exact")


def test_a_source_without_documents_is_not_tried_again(recipe, tmp_path):
    path = recipe()
    for file in (tmp_path / "inputs").iterdir():
        file.write_text("not JSON\n")
    with pytest.raises(AirflowFailException, match=r"sources\.notes yields no document"):
        Run(build_dag(path)).run("sources.notes")


def test_a_release_that_is_none_stops_the_first_task(recipe, store, tmp_path):
    path = recipe()
    path.write_text(path.read_text().replace("dedup.exact", f"dedup.exact: {{against: [{tmp_path}/none]}}"))
    run = Run(build_dag(path))  # reading the recipe looks at no release
    with pytest.raises(AirflowFailException, match=r"dedup\.exact: against: .*/none has no manifest\.json"):
        run.run("sources.notes")
    assert store.list("shards") == []


def test_stopping_a_task_takes_its_work_back_from_dask(recipe, store, cluster):
    dag = build_dag(recipe(shards=300))
    run, ended = Run(dag), []

    def work() -> None:
        try:
            run.run("sources.notes")
        except AirflowFailException as e:
            ended.append(str(e))

    thread = threading.Thread(target=work)
    with Client(cluster, set_as_default=False) as client:
        thread.start()
        await_tasks(client, lambda n: n > 100)
        dag.get_task("sources.notes").on_kill()
        await_tasks(client, lambda n: n == 0)
    thread.join(30)
    assert ended == ["sources.notes: stopped; its work on Dask is cancelled"]
    assert store.list("locks") == []
    assert 0 < len(store.list("shards")) < 300  # it fell in the middle; what was finished stays finished


def await_tasks(client: Client, enough: Any) -> None:
    deadline = time.monotonic() + 60
    while not enough(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))):
        assert time.monotonic() < deadline, "the scheduler's tasks did not come or go"
        time.sleep(0.02)


def test_the_dask_connection(cluster, monkeypatch):
    assert DaskHook().address() == cluster.scheduler_address
    assert DaskHook().test_connection() == (True, f"a worker of {cluster.scheduler_address} answered")
    extra = {"protocol": "tls", "dashboard": "http://d"}
    monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps({"conn_type": "dask", "host": "h", "extra": extra}))
    assert DaskHook().address() == "tls://h:8786"
    assert DaskHook().dashboard() == "http://d"
    monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps({"conn_type": "dask"}))
    with pytest.raises(ConfigError, match="'dask_default' has no host"):
        DaskHook().get_conn()


def test_the_store_is_the_connection_s_else_the_environment_s(tmp_path, monkeypatch):
    assert StoreHook().url() == str(tmp_path / "store")
    assert StoreHook().test_connection()[0]
    monkeypatch.setenv(
        "AIRFLOW_CONN_WINNOW_STORE", json.dumps({"conn_type": "winnow_store", "host": "s3://corpora/a/"})
    )
    assert StoreHook().url() == "s3://corpora/a"
    monkeypatch.delenv("AIRFLOW_CONN_WINNOW_STORE")
    monkeypatch.delenv("WINNOW_STORE")
    assert StoreHook().test_connection()[0] is False
