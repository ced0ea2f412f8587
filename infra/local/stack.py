"""Bring the stack up, take it down, look at it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local import airflow, ceph, credentials, dask, environment, preflight, processes, store
from infra.local.credentials import Credentials
from infra.local.errors import StackError
from infra.local.settings import Settings
from infra.local.waiting import Waiting
from infra.local.web import fetch

Say = Callable[[str], None]
# What others lean on stops last.
STOP_ORDER = (airflow.PROGRAMS, dask.PROGRAMS, ("radosgw",), ("ceph-osd",), ("ceph-mgr", "ceph-mon"))


def up(settings: Settings, environ: Mapping[str, str], say: Say) -> tuple[Settings, Credentials, bool]:
    """Start what is not running and wait until all of it is healthy.

    Returns the settings with the store chosen, the credentials, and whether anything had to be started.
    Raises StackError with one line that says what to change.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(settings):
        remote = processes.connect(settings)
        if remote is None:
            _clear_way(settings, say)
        chosen = settings.model_copy(update={"store": store.choose(settings, environ, say)})
        secrets = credentials.ensure(chosen, environ)
        variables = environment.variables(chosen, secrets, environ)
        if remote is not None and not _same(chosen, variables):
            say("settings changed: restarting")
            _stop(settings)
            remote = None
        if remote is None:
            _refuse_if(preflight.problems(chosen))
        _write(chosen, variables)
        started = _bring_up(chosen, secrets, remote, environment.for_processes(variables, environ), say)
        return chosen, secrets, started


def down(settings: Settings) -> int:
    """Stop everything the stack started; returns how many processes there were. Safe to call twice."""
    if not settings.home.exists():
        return 0
    with _alone(settings):
        return _stop(settings)


def health(settings: Settings) -> dict[str, str]:
    """Part of the stack -> "healthy" or what is wrong with it. Empty when nothing runs."""
    remote = processes.connect(settings)
    if remote is None:
        return {}
    found = {name: info["statename"].lower() for name, info in processes.states(remote).items()}
    late = airflow.unhealthy(settings, since=datetime.min.replace(tzinfo=UTC))
    found["airflow"] = "healthy" if not late else "not healthy: " + ", ".join(late)
    count = dask.workers(settings)
    found["dask"] = "healthy" if count >= settings.workers else f"{count} of {settings.workers} workers"
    if settings.store is not None and settings.store.kind == "ceph":
        found["s3"] = "healthy" if fetch(settings.s3_endpoint) else "no answer"
    return {name: "healthy" if state == "running" else state for name, state in found.items()}


def is_healthy(report: Mapping[str, str]) -> bool:
    return bool(report) and set(report.values()) == {"healthy"}


def commands(settings: Settings) -> dict[str, list[str]]:
    """Program name -> command line of all that this stack runs."""
    uses_ceph = settings.store is not None and settings.store.kind == "ceph"
    return {**(ceph.commands(settings) if uses_ceph else {}), **dask.commands(settings), **airflow.commands()}


def _bring_up(settings: Settings, secrets: Credentials, remote: Any, env: dict[str, str], say: Say) -> bool:
    if remote is None:
        remote = processes.launch(settings, env)
    else:
        processes.reload(remote)
        if is_healthy(health(settings)):
            return False
    since, wait = datetime.now(UTC), Waiting(settings, remote, say)
    processes.start(remote, dask.PROGRAMS)
    with ThreadPoolExecutor(2) as pool:
        parts = [
            pool.submit(_start_store, settings, secrets, say),
            pool.submit(_start_airflow, settings, env, say),
        ]
        restarted = [part.result() for part in parts]
    wait.until("dask workers", lambda: dask.workers(settings) >= settings.workers)
    beats = since if restarted[1] else datetime.min.replace(tzinfo=UTC)
    wait.until("airflow", lambda: not airflow.unhealthy(settings, beats))
    return True


def _start_airflow(settings: Settings, env: dict[str, str], say: Say) -> bool:
    say("airflow: database and four processes")
    airflow.migrate(settings, env)
    # One connection per thread: an HTTP connection is not shared between two.
    return bool(processes.start(processes.connect(settings), airflow.PROGRAMS))


def _start_store(settings: Settings, secrets: Credentials, say: Say) -> bool:
    if settings.store is not None and settings.store.kind == "ceph":
        _start_ceph(settings, secrets, say)
    store.prepare(settings, secrets)
    return True


def _start_ceph(settings: Settings, secrets: Credentials, say: Say) -> None:
    say("ceph: monitor, object store and S3 gateway")
    remote = processes.connect(settings)
    wait = Waiting(settings, remote, say)
    if processes.states(remote)["ceph-mon"]["statename"] not in processes.UP:
        ceph.make_monitor(settings)
    processes.start(remote, ["ceph-mon"])
    wait.until("ceph-mon", lambda: ceph.monitor_answers(settings))
    processes.start(remote, ["ceph-mgr"])
    ceph.make_osd(settings)
    processes.start(remote, ["ceph-osd"])
    wait.until("ceph-osd", lambda: ceph.osd_is_up(settings))
    processes.start(remote, ["radosgw"])
    wait.until("radosgw", lambda: fetch(settings.s3_endpoint) is not None)
    ceph.ensure_user(settings, secrets)


def _write(settings: Settings, variables: Mapping[str, str]) -> None:
    for folder in (settings.run_dir, settings.log_dir, settings.airflow_home, settings.home / "dask"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.run_dir.stat().st_uid != os.getuid():
        raise StackError(
            f"{settings.run_dir} belongs to another user: remove it or choose another WINNOW_HOME"
        )
    for folder in (settings.checkout / "dags", settings.checkout / "plugins"):
        folder.mkdir(exist_ok=True)
    if settings.store is not None and settings.store.kind == "ceph":
        ceph.write_config(settings)
    processes.config_file(settings).write_text(processes.configuration(settings, commands(settings)))
    _stamp(settings).write_text(_digest(variables))
    settings.record()


def _clear_way(settings: Settings, say: Say) -> None:
    """Before a first process: end what a crashed process manager left, then look at disk and memory."""
    left = processes.end(processes.members(settings))
    if left:
        say(f"ended {left} processes left by a stack that was not stopped")
    _refuse_if(preflight.problems(settings, free_ports=False))


def _stop(settings: Settings) -> int:
    remote, found = processes.connect(settings), processes.members(settings)
    if remote is not None:
        processes.stop(remote, STOP_ORDER)
        deadline = time.monotonic() + 20
        while processes.connect(settings) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
    # Airflow's task processes live in groups of their own and may outlive their parent.
    processes.end({process.pid: process for process in (*found, *processes.members(settings))}.values())
    return len(found)


def _refuse_if(problems: list[str]) -> None:
    if problems:
        raise StackError("\n".join(problems))


def _digest(variables: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(variables), sort_keys=True).encode()).hexdigest()


def _stamp(settings: Settings) -> Path:
    """File with a digest of the variables the running processes were given."""
    return settings.home / "environment.sha256"


def _same(settings: Settings, variables: Mapping[str, str]) -> bool:
    stamp = _stamp(settings)
    return stamp.exists() and stamp.read_text() == _digest(variables)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the state folder's lock; a second `up` or `down` waits for the first."""
    with (settings.home / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
