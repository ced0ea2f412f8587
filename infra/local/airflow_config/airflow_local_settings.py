"""Airflow reads this module at start: the scheduler loads what tasks need, so that they inherit it by fork.

Importing Great Expectations costs several CPU-seconds; without this, every gate's task pays them.
And it binds executor workers and tasks to their parent's life: after a kill -9 of the scheduler they would
stay as orphans, tasks working beside their own retry.
The one module of the project where an import has an effect: that is how Airflow calls it.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import os
import signal
import sys

PRELOADED = (
    "curation_lib.contracts.gate",
    "curation_lib.runner.build",
    "curation_lib.runner.gates",
    "curation_lib.runner.steps",
    "distributed",
    "duckdb",
    "great_expectations",
    "great_expectations.expectations",
    "pyarrow.parquet",
    "s3fs",
)

PARSED = (
    "curation_lib.dedup.minhash",
    "curation_lib.filters.gopher_quality",
    "curation_lib.mix.sample",
    "curation_lib.normalize.html",
    "curation_lib.runner.plan",
    "curation_lib.sources.warc",
)
"""What reading a recipe imports; the DAG processor forks for every file."""


def preload(names: tuple[str, ...] = PRELOADED) -> list[str]:
    """Import the modules that are installed; returns their names. None of them may start a thread (fork)."""
    loaded = [name for name in names if _installed(name)]
    for name in loaded:
        importlib.import_module(name)
    return loaded


def _installed(name: str) -> bool:
    parent = name.rpartition(".")[0]
    return (not parent or _installed(parent)) and importlib.util.find_spec(name) is not None


class ParentBound:
    """Has the kernel kill a forked child when the thread that forked it ends (Linux, prctl(2)).

    For two generations: executor workers and their tasks, both forked by a main thread. What a task forks
    is its own affair.
    """

    GENERATIONS = 2
    PR_SET_PDEATHSIG = 1

    def __init__(self) -> None:
        self._generation, self._parent = 0, 0
        # Looked up before the fork: a child of a threaded process should do as little as it can.
        self._prctl = ctypes.CDLL(None).prctl

    def watch(self) -> None:
        """From now on, for all forks of this process."""
        os.register_at_fork(before=self._remember, after_in_child=self._bind)

    def _remember(self) -> None:
        self._parent = os.getpid()

    def _bind(self) -> None:
        self._generation += 1
        if self._generation > self.GENERATIONS:
            return
        self._prctl(self.PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != self._parent:  # it died before the kernel was told
            os.kill(os.getpid(), signal.SIGKILL)


# At INFO it logs 185 "Skipping registering function" lines per import.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
if "scheduler" in sys.argv[1:2]:
    preload()
    ParentBound().watch()
elif "dag-processor" in sys.argv[1:2]:
    preload(PARSED)
