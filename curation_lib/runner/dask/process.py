"""One process of the local pool: how it begins and ends, and how it reports to the one that started it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from curation_lib.runner.dask.protocol import listened
from curation_lib.runner.reports import Heard
from curation_lib.runner.work import Work

_reports: Any = None
"""In a process of the pool: the pipe to the process that started it. Reports are shorter than what a pipe takes whole,
so its writers need no lock, which a killed one would keep."""


def begin(reports: Any) -> None:
    """Ends this worker when the process that started it is gone: a killed build leaves no worker behind.

    What the fork brought along is never garbage: looking through it would cost each full collection 0.1 s.
    """
    global _reports
    _reports = reports
    gc.freeze()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def reporting_back(function: Callable[[Work], Any], work: Work) -> Any:
    """What the function makes of the work, in a process that has begun; it reports through the pipe."""
    return listened(lambda tally: _reports.send(dict(tally)), function, work)


def listen(reports: Any, heard: Heard) -> None:
    """Hear what comes through the pipe until None comes, in the process that started the others. Where nothing can be
    told, the pipe is emptied all the same: a full one would hold up work."""
    tally: Mapping[str, int] | None = {}
    try:
        while (tally := reports.recv()) is not None:
            heard(tally)
    finally:
        while tally is not None:
            tally = reports.recv()
