"""Runs builds on a stack of the tests' own, and kills parts of it at the right moment."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from curation_lib.runner.store import Store
from infra.local import credentials, environment
from infra.local.credentials import UI_USER
from infra.local.rest import Airflow
from tests.infra.machine import Machine

SMALL = "corpus_build__small"


class Stack:
    """The stack as a test uses it. `airflow` is logged in, `recipes` is the folder that Airflow reads."""

    def __init__(self, machine: Machine, recipes: Path) -> None:
        self.machine, self.recipes = machine, recipes
        self.settings = machine.settings
        self.credentials = credentials.read(self.settings)
        self.environ = environment.variables(self.settings, self.credentials, machine.environ)
        self.airflow = Airflow(self.settings.airflow_url, UI_USER, self.credentials.ui_password)
        self.store = self.environ["WINNOW_STORE"]


def start(stack: Stack, dag_id: str) -> str:
    """Trigger a run; its id."""
    stack.airflow.wait_for_dag(dag_id)
    return stack.airflow.trigger(dag_id)


def finish(stack: Stack, dag_id: str, run_id: str, seconds: float = 600) -> str:
    """The run's state when it has ended."""
    end = time.monotonic() + seconds
    while (state := stack.airflow.run(dag_id, run_id)["state"]) not in ("success", "failed"):
        assert time.monotonic() < end, stack.airflow.tasks(dag_id, run_id)
        time.sleep(1)
    return str(state)


def kill_when(store: Store, prefix: str, suffix: str, victim: Callable[[], int]) -> tuple[int, int]:
    """kill -9 the victim when the first file of `prefix` is there; files then and just after."""
    end = time.monotonic() + 300
    pid = victim()
    while not (before := count(store, prefix, suffix)):
        assert time.monotonic() < end, f"nothing below {prefix}"
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return before, count(store, prefix, suffix)


def count(store: Store, prefix: str, suffix: str) -> int:
    return sum(suffix in key for key in store.list(prefix))


def dask_worker(stack: Stack) -> int:
    """The process id of one Dask worker (a child of its nanny)."""
    nanny = psutil.Process(stack.machine.pid("dask-worker"))
    return next(p.pid for p in nanny.children(recursive=True) if "dask" in " ".join(p.cmdline()) and not p.children())
