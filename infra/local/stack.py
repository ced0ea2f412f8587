"""Bring the stack up, take it down, look at it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra.local import (
    airflow,
    ceph,
    credentials,
    dask,
    environment,
    local_model,
    preflight,
    processes,
    starting,
    store,
)
from infra.local.credentials import Credentials
from infra.local.errors import StackError
from infra.local.settings import Settings
from infra.local.web import fetch

Say = Callable[[str], None]
# What others lean on stops last.
STOP_ORDER = (
    airflow.PROGRAMS,
    (*dask.PROGRAMS, *local_model.PROGRAMS),
    ("radosgw",),
    ("ceph-osd",),
    ("ceph-mgr", "ceph-mon"),
)


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
        _refuse_if(list(preflight.extra(chosen)))
        secrets = credentials.ensure(chosen, environ)
        if not chosen.uses_ceph:
            store.prepare(chosen, secrets)  # a store that cannot be used stops all before anything starts
        variables = environment.variables(chosen, secrets, environ)
        if remote is not None and not _same(chosen, variables):
            say("settings changed: restarting")
            _stop(settings)
            remote = None
        if remote is None:
            _refuse_if(preflight.problems(chosen))
        _write(chosen, variables)
        env = environment.for_processes(variables, environ)
        if remote is None:
            remote = processes.launch(chosen, env)
        else:
            processes.reload(remote)
            if is_healthy(health(chosen)):
                return chosen, secrets, False
        starting.start(chosen, secrets, remote, env, say)
        return chosen, secrets, True


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
    if settings.model_port:
        found["local model"] = "healthy" if local_model.answers(settings) else "no answer"
    if settings.uses_ceph:
        found["s3"] = "healthy" if fetch(settings.s3_endpoint) else "no answer"
    return {name: "healthy" if state == "running" else state for name, state in found.items()}


def is_healthy(report: Mapping[str, str]) -> bool:
    return bool(report) and set(report.values()) == {"healthy"}


def commands(settings: Settings) -> dict[str, list[str]]:
    """Program name -> command line of all that this stack runs."""
    return {
        **(ceph.commands(settings) if settings.uses_ceph else {}),
        **dask.commands(settings),
        **airflow.commands(),
        **local_model.commands(settings),
    }


def _write(settings: Settings, variables: Mapping[str, str]) -> None:
    for folder in (settings.run_dir, settings.log_dir, settings.airflow_home, settings.home / "dask"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.run_dir.stat().st_uid != os.getuid():
        raise StackError(f"{settings.run_dir} belongs to another user: remove it or choose another WINNOW_HOME")
    for folder in (settings.checkout / "dags", settings.checkout / "plugins"):
        folder.mkdir(exist_ok=True)
    if settings.uses_ceph:
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
