"""The process manager: supervisord's configuration, and what is asked of it over its Unix socket."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from infra.local.errors import StackError
from infra.local.settings import Settings

#: set in every process of the stack, so that one left behind by a crash is found
MARKER = "WINNOW_STACK"
UP = ("RUNNING", "STARTING", "BACKOFF")
HEADER = """[supervisord]
logfile = {log}/supervisord.log
logfile_maxbytes = 5MB
pidfile = {run}/supervisord.pid
directory = {home}
{user}
[unix_http_server]
file = {run}/supervisor.sock
chmod = 0700

[supervisorctl]
serverurl = unix://{run}/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command = {command}
autostart = false
autorestart = true
startretries = 20
stopasgroup = true
killasgroup = true
stopwaitsecs = 20
redirect_stderr = true
stdout_logfile = {log}/{name}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 1
"""


def config_file(settings: Settings) -> Path:
    """The file `supervisorctl -c` takes."""
    return settings.home / "supervisord.conf"


def configuration(settings: Settings, commands: Mapping[str, list[str]]) -> str:
    """supervisord.conf with one program per command. It holds no secrets: those are in the environment."""
    places = {
        "log": _escape(settings.log_dir),
        "run": _escape(settings.run_dir),
        "home": _escape(settings.home),
    }
    # Without it supervisord warns that it runs as root, which on a fresh machine is meant.
    user = "user = root\n" if os.geteuid() == 0 else ""
    programs = [
        PROGRAM.format(name=name, command=_escape(shlex.join(line)), **places) for name, line in commands.items()
    ]
    return HEADER.format(user=user, **places) + "".join(programs)


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")


def connect(settings: Settings) -> Any | None:
    """supervisord's RPC namespace, or None if it does not run."""
    transport = SupervisorTransport(serverurl=f"unix://{settings.run_dir}/supervisor.sock")
    remote: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    try:
        remote.getState()
    except (OSError, xmlrpc.client.Error):
        return None
    return remote


def launch(settings: Settings, environment: Mapping[str, str]) -> Any:
    """Start supervisord in the background, with the environment all programs inherit; returns its RPC."""
    line = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config_file(settings))]
    marked = dict(environment) | {MARKER: str(settings.home)}
    result = subprocess.run(line, env=marked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 10
    while result.returncode == 0 and time.monotonic() < deadline:
        if remote := connect(settings):
            return remote
        time.sleep(0.1)
    reason = (result.stderr or result.stdout).strip() or f"see {settings.log_dir / 'supervisord.log'}"
    raise StackError(f"supervisord did not start: {reason}")


def reload(remote: Any) -> None:
    """Make a running supervisord follow its file: stop what changed or left, add what came (not started)."""
    added, changed, removed = remote.reloadConfig()[0]
    for name in (*changed, *removed):
        remote.stopProcessGroup(name)
        remote.removeProcessGroup(name)
    for name in (*added, *changed):
        remote.addProcessGroup(name)


def states(remote: Any) -> dict[str, dict[str, Any]]:
    """Program name -> supervisord's process info (statename, pid, start, …)."""
    return {info["name"]: info for info in remote.getAllProcessInfo()}


def start(remote: Any, names: Iterable[str]) -> list[str]:
    """Start those that are not up, without waiting; returns their names."""
    known = states(remote)
    started = [name for name in names if known[name]["statename"] not in UP]
    for name in started:
        remote.startProcess(name, False)
    return started


def stop(remote: Any, groups: Iterable[Iterable[str]]) -> None:
    """Stop groups of programs one after the other; those within a group at the same time."""
    for names in groups:
        asked = [name for name, info in states(remote).items() if name in names and info["statename"] in UP]
        for name in asked:
            remote.stopProcess(name, False)
        _until_stopped(remote, asked)
    remote.shutdown()


def _until_stopped(remote: Any, names: list[str]) -> None:
    # supervisord itself kills after stopwaitsecs; this is only for not waiting longer.
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        known = states(remote)
        if all(known[name]["statename"] in ("STOPPED", "EXITED", "FATAL") for name in names):
            return
        time.sleep(0.1)


def members(settings: Settings) -> list[psutil.Process]:
    """Every process of this stack: those that carry its mark, and their descendants."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(settings.home):
                found |= {process.pid: process} | {child.pid: child for child in process.children(recursive=True)}
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or another user's
    found.pop(os.getpid(), None)
    return list(found.values())


def end(processes: Iterable[psutil.Process], patience: float = 5.0) -> int:
    """End those still alive, politely at first; returns how many there were."""
    alive = [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    for process in alive:
        _signal(process.terminate)
    for process in psutil.wait_procs(alive, timeout=patience)[1]:
        _signal(process.kill)
    psutil.wait_procs(alive, timeout=patience)
    return len(alive)


def _signal(send: Any) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
