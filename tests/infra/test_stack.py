"""The whole stack for real, in a folder and on ports of its own: slow, needs 2 GB of memory."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError
from distributed import Client

from infra.local import apt, credentials, processes, stack, store
from infra.local.credentials import UI_USER
from tests.infra.machine import Machine

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, module_ports: dict[str, int]) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("w"), module_ports)
    try:
        yield made
    finally:
        made.run("down")
        processes.end(processes.members(made.settings))


@pytest.fixture
def up(machine: Machine) -> Machine:
    """The stack, running; the first test that asks starts it."""
    if not stack.is_healthy(stack.health(machine.settings)):
        output = machine.run("up")
        assert "up after" in output
    return machine


@pytest.fixture
def on_ceph(up: Machine) -> Machine:
    if up.settings.store is None or up.settings.store.kind != "ceph":
        pytest.skip(f"the store is a folder here: {apt.obstacle()}")
    return up


def request(url: str, payload: dict[str, str] | None = None, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = json.dumps(payload).encode() if payload else None
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
        return json.load(answer)


def test_all_parts_are_healthy_and_a_second_up_is_quick(up: Machine) -> None:
    report = request(f"{up.settings.airflow_url}/api/v2/monitor/health")
    assert {name: part["status"] for name, part in report.items()} == dict.fromkeys(
        ("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy"
    )
    begun = time.monotonic()
    assert "already up" in up.run("up")
    assert time.monotonic() - begun < 10
    assert "not healthy" not in up.run("status")


def test_the_printed_password_logs_in_and_no_other_does(up: Machine) -> None:
    found = re.search(rf"{up.settings.airflow_url}  user (\S+), password (\S+)", up.run("up"))
    assert found is not None
    user, password = found.groups()
    assert user == UI_USER
    token = request(f"{up.settings.airflow_url}/auth/token", {"username": user, "password": password})["access_token"]
    connections = f"{up.settings.airflow_url}/api/v2/connections"
    assert "connections" in request(connections, token=token)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        request(connections)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        request(f"{up.settings.airflow_url}/auth/token", {"username": user, "password": password + "x"})


def test_dask_computes_on_two_workers(up: Machine) -> None:
    with Client(up.settings.scheduler_address, timeout="20s") as client:
        assert len(client.scheduler_info()["workers"]) == 2
        assert client.submit(sum, [1, 2, 3]).result(timeout=20) == 6


def test_everything_listens_on_loopback_only(up: Machine) -> None:
    members = processes.members(up.settings)
    listening = [
        found.laddr.ip
        for process in members
        for found in process.net_connections()
        if found.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}
    assert len(listening) >= 5


def test_nobody_else_may_read_the_state_folder(up: Machine) -> None:
    secret = credentials.read(up.settings).jwt_secret
    home = up.settings.home
    assert credentials.path(up.settings).stat().st_mode & 0o077 == 0
    assert up.settings.log_dir.stat().st_mode & 0o077 == 0
    texts = [
        file for file in (*home.glob("*.conf"), *home.glob("log/*.log")) if secret in file.read_text(errors="replace")
    ]
    assert texts == []


def test_s3_takes_the_generated_key_and_refuses_a_wrong_secret(on_ceph: Machine) -> None:
    secrets = credentials.read(on_ceph.settings)
    s3 = store.client(on_ceph.settings, secrets)
    s3.put_object(Bucket=store.BUCKET, Key="kept", Body=b"across restarts")
    assert s3.get_object(Bucket=store.BUCKET, Key="kept")["Body"].read() == b"across restarts"
    s3.put_object(Bucket=store.BUCKET, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=store.BUCKET, Key="once", Body=b"2", IfNoneMatch="*")
    stranger = store.client(on_ceph.settings, secrets, aws_secret_access_key="wrong")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.get_object(Bucket=store.BUCKET, Key="kept")


def test_s3_answers_at_once(on_ceph: Machine) -> None:
    """Ceph's HTTP server as it comes sends head and body in two packets, 40 ms apart."""
    s3, took = store.client(on_ceph.settings, credentials.read(on_ceph.settings)), []
    s3.put_object(Bucket=store.BUCKET, Key="small", Body=b"1" * 2000)
    for _ in range(20):
        began = time.perf_counter()
        s3.get_object(Bucket=store.BUCKET, Key="small")["Body"].read()
        took.append(time.perf_counter() - began)
    assert median(took) < 0.03


@pytest.mark.parametrize(
    ("program", "victim"),
    [
        ("airflow-scheduler", lambda pid: pid),
        ("dask-worker", lambda pid: psutil.Process(pid).children()[-1].pid),
    ],
)
def test_a_killed_process_comes_back_and_leaves_no_orphan(
    up: Machine, program: str, victim: Callable[[int], int]
) -> None:
    killed = psutil.Process(victim(up.pid(program)))
    family = [killed, *killed.children(recursive=True)]
    os.kill(killed.pid, signal.SIGKILL)
    assert psutil.wait_procs(family, timeout=15)[1] == []
    up.eventually(f"kill -9 {program}")
    with Client(up.settings.scheduler_address, timeout="20s") as client:
        client.wait_for_workers(2, timeout=30)


def test_up_clears_away_what_a_killed_process_manager_left(up: Machine) -> None:
    manager = next(p for p in processes.members(up.settings) if "supervisor.supervisord" in p.cmdline())
    before = {process.pid for process in processes.members(up.settings)}
    manager.kill()
    manager.wait(10)
    output = up.run("up")
    assert "left by a stack that was not stopped" in output
    assert not before & {process.pid for process in processes.members(up.settings)}
    assert stack.is_healthy(stack.health(up.settings))


def test_a_port_of_another_program_is_named(tmp_path: Path, up: Machine) -> None:
    output = up.run("up", code=1, WINNOW_HOME=str(tmp_path), STORE=f"file://{tmp_path}/store")
    assert re.search(rf"port: {up.settings.airflow_port} \(airflow_port\) is taken.*WINNOW_AIRFLOW_PORT", output)
    assert "Traceback" not in output


def test_down_leaves_no_process_and_data_survives(up: Machine) -> None:
    before = processes.members(up.settings)
    assert re.search(r"stopped \d+ processes", up.run("down"))
    assert [process for process in before if process.is_running()] == []
    assert processes.members(up.settings) == []
    assert "nothing was running" in up.run("down")
    assert "not running" in up.run("status", code=1)
    up.run("up")
    if up.settings.store is not None and up.settings.store.kind == "ceph":
        s3 = store.client(up.settings, credentials.read(up.settings))
        assert s3.get_object(Bucket=store.BUCKET, Key="kept")["Body"].read() == b"across restarts"
