"""Checks made before anything starts. Each failing check is one line that says what to change."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from infra.local import local_model
from infra.local.settings import HOST, VARIABLES, Settings

GB = 1e9


def problems(settings: Settings, free_ports: bool = True) -> list[str]:
    """One line per failing check, empty when the stack can start. ``free_ports``: also look at the ports."""
    checks: list[Callable[[Settings], Iterable[str]]] = [_disk, _memory, extra]
    if free_ports:
        checks.append(_ports)
    return [line for check in checks for line in check(settings)]


def _disk(settings: Settings) -> Iterable[str]:
    free = shutil.disk_usage(_existing(settings.home)).free / GB
    if free < settings.min_disk_gb:
        yield (
            f"disk: {free:.1f} GB free at {settings.home}, {settings.min_disk_gb:g} GB needed: free some, "
            f"put the state elsewhere with WINNOW_HOME, or accept less with {VARIABLES['min_disk_gb']}"
        )


def extra(settings: Settings) -> Iterable[str]:
    """One line where the local model is wanted and not installed."""
    if settings.model_port and not local_model.installed():
        yield (
            f"{VARIABLES['model_port']}: the local model is an extra that is not installed: `make run-synthetic` "
            f"installs it, {VARIABLES['model_port']}=0 does without"
        )


def _memory(settings: Settings) -> Iterable[str]:
    free = available_memory() / GB
    if free < settings.min_memory_gb:
        yield (
            f"memory: {free:.1f} GB available, {settings.min_memory_gb:g} GB needed: stop other programs, "
            f"or accept less with {VARIABLES['min_memory_gb']}"
        )


def _ports(settings: Settings) -> Iterable[str]:
    ports = settings.ports_in_use()
    for name, port in ports.items():
        if list(ports.values()).count(port) > 1:
            yield f"port: {name} {port} is given twice: choose another with {VARIABLES[name]}"
        elif not port_is_free(port):
            remedy = f"free it or choose another with {VARIABLES[name]}"
            yield f"port: {port} ({name}) is taken{_owner(port)}: {remedy}"


def port_is_free(port: int) -> bool:
    """Whether a server could bind 127.0.0.1:port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port with connections in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _owner(port: int) -> str:
    """ " by NAME (pid N)" where the system lets us see it, else an empty string."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for found in connections:
        if found.status == psutil.CONN_LISTEN and found.laddr.port == port and found.pid:
            return f" by {psutil.Process(found.pid).name()} (pid {found.pid})"
    return ""


def available_memory() -> int:
    """Bytes this process group may still use: the machine's, or its control group's if that is less."""
    free = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (group / "memory.max").read_text().strip(), (group / "memory.current").read_text()
    except OSError:
        return free
    return free if limit == "max" else min(free, int(limit) - int(used))


def _existing(folder: Path) -> Path:
    """The nearest folder that is there already; a first start has no state folder yet."""
    return next(candidate for candidate in (folder, *folder.parents) if os.path.isdir(candidate))
