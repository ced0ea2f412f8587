"""Work on this machine: in this process, or in Dask's process pool."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver
from typing import Any

import dask
from dask.callbacks import Callback
from dask.local import get_sync
from dask.multiprocessing import get as get_processes

from curation_lib.core.errors import WinnowError
from curation_lib.core.stage import unheard
from curation_lib.runner.dask.preloaded import preloaded
from curation_lib.runner.dask.process import begin, listen, reporting_back
from curation_lib.runner.dask.protocol import OnDone, Resources, listened
from curation_lib.runner.reports import Heard
from curation_lib.runner.work import Work


class LocalScheduler:
    """Dask's synchronous scheduler for one worker, its process scheduler for more.

    The processes are started once and serve every step. They fork from a server that has imported every stage
    and nothing else: starting afresh costs each more than a second, forking a build that has threads can hang.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None
        self._reports: Any = None
        if self.workers > 1:  # imports while this process does its own
            forkserver.set_forkserver_preload(preloaded())
            forkserver.ensure_running()

    @property
    def processes(self) -> int:
        return self.workers

    def offering(self, resources: Resources) -> int:
        return self.workers

    def run(
        self,
        function: Callable[[Work], Any],
        work: Sequence[Work],
        done: OnDone,
        heard: Heard = unheard,
        resources: Resources | None = None,
    ) -> list[Any]:
        if not work:
            return []
        single = self.workers == 1 or (len(work) == 1 and self._pool is None)
        told = partial(listened, heard, function) if single else partial(reporting_back, function)
        tasks = [dask.delayed(told, pure=False)(one) for one in work]
        # Given as functions: a scheduler's name makes Dask import all of distributed to look it up.
        where = {"scheduler": get_sync} if single else {"scheduler": get_processes, "pool": self._processes()}
        report = Callback(posttask=lambda key, result, *_: done(result))
        try:
            with report, self._listening(heard, single):
                return list(dask.compute(*tasks, chunksize=1, optimize_graph=False, **where))
        except BrokenExecutor as e:
            self._pool = None
            raise WinnowError(
                "a worker process died (killed, or out of memory); run it again: finished shards are kept, and "
                "fewer --workers need less memory"
            ) from e

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            self._reports = context.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=begin, initargs=(self._reports[1],))
        return self._pool

    @contextmanager
    def _listening(self, heard: Heard, single: bool) -> Iterator[None]:
        """Meanwhile, what the processes report is heard."""
        if single:
            yield
            return
        ours, theirs = self._reports
        listener = threading.Thread(target=listen, args=(ours, heard), daemon=True)
        listener.start()
        try:
            yield
        finally:
            theirs.send(None)
            listener.join()

    def cancel(self) -> None:
        """Nothing outlives this process."""
