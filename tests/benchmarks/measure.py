"""Time and memory of one command with everything it starts: `python -m tests.benchmarks.measure COMMAND…`.

Prints one JSON object: `wall` and `cpu` seconds (CPU of every process of the tree, also of servers that outlive
their parent), `pss` peak MiB of the whole tree (shared pages counted once, looked at four times a second), `exit`.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER = 36
LOOK = 0.25


def measure(command: Sequence[str]) -> dict[str, Any]:
    """Run `command` to its end, end what it left behind, and account for all of it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peak, ended = [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(peak, ended), daemon=True)
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=sys.stderr)
    watcher.start()
    wall, cpu, status = 0.0, 0.0, -1
    while True:
        try:
            pid, how, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += used.ru_utime + used.ru_stime
        if pid == child.pid:
            wall, status = time.perf_counter() - began, os.waitstatus_to_exitcode(how)
            _end_leftovers()
    ended.set()
    return {"wall": round(wall, 2), "cpu": round(cpu, 2), "pss": round(peak[0] / 2**20), "exit": status}


def _watch(peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(LOOK):
        peak[0] = max(peak[0], sum(map(_pss, psutil.Process().children(recursive=True))))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _end_leftovers() -> None:
    time.sleep(0.5)  # most end by themselves when the command has
    for process in psutil.Process().children(recursive=True):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            pass


def alternated(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, dict[str, Any]]:
    """Each command's medians over `runs`, run in turn so that a drifting machine touches all alike."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            found[name].append(_once(name, command))
    return {name: _median(some) for name, some in found.items()}


def _once(name: str, command: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measure", *command], cwd=ROOT, capture_output=True, text=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if figures["exit"]:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-3000:]}")
    print(name, figures, file=sys.stderr, flush=True)
    return figures


def _median(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    median = {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "pss")}
    return {**median, "walls": [run["wall"] for run in runs], "cpus": [run["cpu"] for run in runs]}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1:])))
