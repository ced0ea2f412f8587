"""What is generated for the processes: supervisord's programs, Airflow's variables, Ceph's file."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from supervisor.options import ServerOptions

from infra.local import airflow, ceph, credentials, environment, processes, stack
from infra.local.settings import Settings, Store

CEPH = Store(kind="ceph", url="s3://winnow", reason="r", endpoint="http://127.0.0.1:7480")
FOLDER = Store(kind="file", url="file:///d", reason="r")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Settings(checkout=tmp_path, home=tmp_path / "all of it, really", store=CEPH, workers=3, model_port=18080)
    for folder in (made.log_dir, made.run_dir):
        folder.mkdir(parents=True)
    return made


def test_supervisord_reads_back_every_command(settings: Settings) -> None:
    expected = stack.commands(settings)
    file = processes.config_file(settings)
    file.write_text(processes.configuration(settings, expected))
    options = ServerOptions()
    options.realize(["-c", str(file)])
    programs = {group.process_configs[0].name: group.process_configs[0] for group in options.process_group_configs}
    assert {name: shlex.split(program.command) for name, program in programs.items()} == expected
    assert set(expected) == {name for group in stack.STOP_ORDER for name in group}
    for program in programs.values():
        assert program.autorestart
        assert program.stopasgroup
        assert program.killasgroup
    assert "--nworkers 3 --nthreads 1" in programs["dask-worker"].command
    assert "--resources train=1" in programs["dask-worker"].command


def test_the_local_model_runs_where_a_port_is_given(settings: Settings) -> None:
    command = stack.commands(settings)["local-model"]
    assert command[1:] == ["-m", "curation_lib.cli", "synthetic", "serve", "--port", "18080"]
    without = settings.model_copy(update={"model_port": 0})
    assert "local-model" not in stack.commands(without)
    assert "model_port" not in without.ports_in_use()
    assert settings.ports_in_use()["model_port"] == 18080


def test_recipes_are_told_where_the_local_model_is_if_it_moved(settings: Settings) -> None:
    secrets = credentials.ensure(settings, {})
    moved = settings.model_copy(update={"model_port": 19000})
    assert environment.variables(moved, secrets, {})["WINNOW_SYNTHETIC_ENDPOINT"] == "http://127.0.0.1:19000/v1"
    for port in (0, 18080):
        there = settings.model_copy(update={"model_port": port})
        assert "WINNOW_SYNTHETIC_ENDPOINT" not in environment.variables(there, secrets, {})


def test_no_secret_is_in_the_process_managers_file(settings: Settings) -> None:
    secrets = credentials.ensure(settings, {})
    text = processes.configuration(settings, stack.commands(settings))
    assert not [value for value in secrets.model_dump().values() if value and value in text]


def test_without_ceph_no_ceph_process_runs(settings: Settings) -> None:
    programs = stack.commands(settings.model_copy(update={"store": FOLDER}))
    assert not set(programs) & set(ceph.PROGRAMS)
    assert set(airflow.PROGRAMS) < set(programs)


def test_airflow_speaks_to_the_ports_chosen_and_reads_them_itself(settings: Settings) -> None:
    moved = settings.model_copy(update={"airflow_port": 18080, "dask_port": 18786, "dask_dashboard_port": 18787})
    values = environment.variables(moved, credentials.ensure(moved, {}), {})
    assert values["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:18080"
    assert values["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18080/execution/"
    connection = json.loads(values["AIRFLOW_CONN_DASK_DEFAULT"])
    assert connection == {
        "conn_type": "dask",
        "host": "127.0.0.1",
        "port": 18786,
        "extra": {"dashboard": "http://127.0.0.1:18787/status"},
    }


def test_only_an_s3_store_sets_aws_variables(settings: Settings) -> None:
    secrets = credentials.ensure(settings, {})
    values = environment.variables(settings, secrets, {})
    assert (values["WINNOW_STORE"], values["AWS_ENDPOINT_URL"]) == ("s3://winnow", "http://127.0.0.1:7480")
    assert values["AWS_SECRET_ACCESS_KEY"] == secrets.s3_secret
    assert values["AWS_REQUEST_CHECKSUM_CALCULATION"] == "when_required"
    files = environment.variables(settings.model_copy(update={"store": FOLDER}), secrets, {})
    assert files["WINNOW_STORE"] == "file:///d"
    assert not [name for name in files if name.startswith("AWS_")]


def test_env_prints_lines_a_shell_reads_back(settings: Settings) -> None:
    secrets = credentials.ensure(settings, {})
    settings.record()
    line = [sys.executable, "-m", "infra.local", "env"]
    root = Path(stack.__file__).parents[2]
    shell = os.environ | {"WINNOW_HOME": str(settings.home), "NO_PROXY": "internal.example"}
    printed = subprocess.run(line, cwd=root, env=shell, capture_output=True, text=True, check=True).stdout
    script = printed + 'printf "%s\\n" "$AWS_SECRET_ACCESS_KEY" "$AIRFLOW_CONN_DASK_DEFAULT" "$NO_PROXY"'
    read = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert read == [secrets.s3_secret, airflow.connection(settings), "internal.example,127.0.0.1,localhost"]
    assert processes.MARKER not in printed


def test_processes_keep_the_operators_environment_but_not_another_stores_token(settings: Settings) -> None:
    given = {"PATH": "/x", "HTTP_PROXY": "http://p", "AWS_SESSION_TOKEN": "old", "PYTHONPATH": "/mine"}
    values = environment.variables(settings, credentials.ensure(settings, {}), given)
    result = environment.for_processes(values, given)
    assert result["HTTP_PROXY"] == "http://p"
    assert "AWS_SESSION_TOKEN" not in result
    assert result["PYTHONPATH"].split(os.pathsep) == [str(airflow.preload_folder()), "/mine"]


def test_ceph_listens_on_loopback_and_keeps_its_identity(settings: Settings) -> None:
    ceph.write_config(settings)
    first = configparser.ConfigParser(interpolation=None)
    first.read(ceph.config_file(settings))
    ceph.write_config(settings.model_copy(update={"ceph_mon_port": 13300}))
    second = configparser.ConfigParser(interpolation=None)
    second.read(ceph.config_file(settings))
    assert first["global"]["public_addr"] == first["global"]["cluster_addr"] == "127.0.0.1"
    assert second["global"]["mon_host"] == "[v2:127.0.0.1:13300]"
    assert first["global"]["fsid"] == second["global"]["fsid"]


def test_preloading_starts_no_thread_and_is_quiet() -> None:
    script = (
        "import sys, threading, logging; logging.basicConfig(level=logging.INFO)\n"
        "sys.argv = ['airflow', 'scheduler']; import airflow_local_settings\n"
        "print(threading.active_count(), 'great_expectations' in sys.modules)"
    )
    shell = os.environ | {"PYTHONPATH": str(airflow.preload_folder())}
    result = subprocess.run([sys.executable, "-c", script], env=shell, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["1", "True"]
    assert "Skipping registering" not in result.stderr


def test_a_killed_parent_takes_two_generations_with_it_and_not_the_third(tmp_path: Path) -> None:
    script = (
        "import os, sys, time, airflow_local_settings as a; a.ParentBound().watch()\n"
        "for generation in range(4):\n"
        f"    open({str(tmp_path)!r} + f'/{{generation}}', 'w').write(str(os.getpid()))\n"
        "    if generation == 3 or os.fork(): break\n"
        "time.sleep(60)"
    )
    shell = os.environ | {"PYTHONPATH": str(airflow.preload_folder())}
    parent = subprocess.Popen([sys.executable, "-c", script], env=shell)
    deadline = time.monotonic() + 20
    while not ((tmp_path / "3").exists() and (tmp_path / "3").read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    family = [psutil.Process(int((tmp_path / str(n)).read_text())) for n in range(4)]
    try:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert psutil.wait_procs(family[1:3], timeout=5)[1] == []
        assert family[3].is_running()
    finally:
        processes.end(family)
