"""Where work runs: in this process, in Dask's process pool, or on a Dask cluster. Nothing else imports Dask."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver
from typing import Any, Protocol
from uuid import uuid4

import dask
import pyarrow as pa
from dask.callbacks import Callback
from dask.local import get_sync
from dask.multiprocessing import get as get_processes

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.core.registry import names
from curation_lib.core.stage import unheard
from curation_lib.runner.reports import Heard, heard_by
from curation_lib.runner.work import Work

_NUMBA = (
    "numba.np.linalg", "numba.np.arraymath", "numba.np.npyimpl", "numba.np.random.generator_methods",
    "numba.np.polynomial.polynomial_functions", "numba.cpython.unicode", "numba.cpython.randomimpl",
    "numba.misc.cffiimpl", "numba.typed.typedlist", "numba.typed.typedset", "numba.experimental.jitclass.base",
    "numba.core.inline_closurecall", "numba.core.optional", "numba.core.typing.cffi_utils",
    "numba.core.typing.setdecl", "numba.core.typing.dictdecl", "numba.core.typing.listdecl",
    "numba.core.typing.cmathdecl", "numba.misc.gdb_hook", "numba.misc.literal", "numba.typed.typeddict",
    "numba.np.random.legacy", "numba.experimental.function_type", "numba.np.types.datetime_registry",
)  # fmt: skip
"""What numba imports when the first kernel is called: half a second a process unless it is there before the fork."""
_PYARROW = ("pandas", "pyarrow.parquet", "pyarrow.compute", "pyarrow.ipc")
"""pyarrow imports pandas when it first sees a Python list."""

OnDone = Callable[[Any], None]
Resources = Mapping[str, float]
"""What a piece of work takes of what a worker was started with: `{"train": 1}`, of `--resources "train=1"`."""


HERE = "here"
"""What this machine is called where there is no cluster."""


class Scheduler(Protocol):
    """Runs one function over many pieces of work and gives the answers in their order; `heard` gets what the work
    reports meanwhile, in any thread. `resources` are for a cluster, whose workers may not all be fit for the work."""

    @property
    def processes(self) -> int:
        """How many processes there are to work."""

    def offering(self, resources: Resources) -> Sequence[str]:
        """The host of each piece of such work that may be at work at once, as many as there are workers for it now."""

    def run(
        self,
        function: Callable[[Work], Any],
        work: Sequence[Work],
        done: OnDone,
        heard: Heard = unheard,
        resources: Resources | None = None,
    ) -> list[Any]: ...

    def cancel(self) -> None: ...


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
            forkserver.set_forkserver_preload(_preloaded())
            forkserver.ensure_running()

    @property
    def processes(self) -> int:
        return self.workers

    def offering(self, resources: Resources) -> Sequence[str]:
        return [HERE] * self.workers

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
        told = partial(_here, heard, function) if single else partial(_from_process, function)
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
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=_begin, initargs=(self._reports[1],))
        return self._pool

    @contextmanager
    def _listening(self, heard: Heard, single: bool) -> Iterator[None]:
        """Meanwhile, what the processes report is heard."""
        if single:
            yield
            return
        ours, theirs = self._reports
        listener = threading.Thread(target=_listen, args=(ours, heard), daemon=True)
        listener.start()
        try:
            yield
        finally:
            theirs.send(None)
            listener.join()

    def cancel(self) -> None:
        """Nothing outlives this process."""


def _preloaded() -> list[str]:
    runner = [f"curation_lib.runner.{name}" for name in ("dask", "shard", "group", "export")]
    return [*runner, *(f"curation_lib.{name}" for name in names()), *_NUMBA, *_PYARROW]


def _here(heard: Heard, function: Callable[[Work], Any], work: Work) -> Any:
    with heard_by(heard):
        return function(work)


def _from_process(function: Callable[[Work], Any], work: Work) -> Any:
    return _here(lambda tally: _reports.send(dict(tally)), function, work)


def _from_cluster(topic: str, long: bool, function: Callable[[Work], Any], work: Work) -> Any:
    """long: Dask lets a running task that was cancelled run on, so that it would be at the same work as the next try;
    long work ends with the next report that it makes."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def tell(tally: Mapping[str, int]) -> None:
        if long and ((task := worker.state.tasks.get(key)) is None or task.state == "cancelled"):
            raise WinnowError(f"{function.__name__} was cancelled, and ends here")
        worker.log_event(topic, {"tally": dict(tally)})

    return _here(tell, function, work)


def own_host() -> str:
    """Where this process is at work, as `offering` calls it."""
    from distributed import get_worker

    try:
        return str(get_worker().ip)
    except ValueError:  # no worker of a cluster
        return HERE


def _listen(reports: Any, heard: Heard) -> None:
    """Until None comes. Where nothing can be told, the pipe is emptied all the same: a full one would hold up work."""
    tally: Mapping[str, int] | None = {}
    try:
        while (tally := reports.recv()) is not None:
            heard(tally)
    finally:
        while tally is not None:
            tally = reports.recv()


_reports: Any = None
"""In a process of the pool: the pipe to the process that started it. Reports are shorter than what a pipe takes whole,
so its writers need no lock, which a killed one would keep."""


def _begin(reports: Any) -> None:
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


class DaskScheduler:
    """A running Dask cluster. `cancel` takes back what this client has submitted; what runs goes on to its end, or, of
    work that takes resources, to its next report.

    A task whose worker died is tried elsewhere by Dask itself; work is committed whole, so that is safe.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Any = None
        self._futures: list[Any] = []

    def _connected(self) -> Any:
        from distributed import Client

        if self._client is None:
            try:
                self._client = Client(self.address, timeout="20s", set_as_default=False)
            except OSError as e:
                raise ConfigError(
                    f"no Dask scheduler answers at {self.address}; start it or correct --scheduler"
                ) from e
        return self._client

    @property
    def processes(self) -> int:
        return max(1, len(self._connected().nthreads()))

    def offering(self, resources: Resources) -> Sequence[str]:
        self._require(resources)
        return [one["host"] for one in self._workers() for _ in range(_at_once(one, resources))]

    def _workers(self) -> Sequence[Mapping[str, Any]]:
        return list(self._connected().scheduler_info(n_workers=-1)["workers"].values())

    def run(
        self,
        function: Callable[[Work], Any],
        work: Sequence[Work],
        done: OnDone,
        heard: Heard = unheard,
        resources: Resources | None = None,
    ) -> list[Any]:
        from distributed import as_completed

        if not work:
            return []
        client = self._connected()
        if resources:
            self._require(resources)
        client.subscribe_topic(topic := f"winnow-{uuid4().hex}", lambda event: heard(event[1]["tally"]))
        told, name = partial(_from_cluster, topic, bool(resources), function), function.__name__
        self._futures = client.map(told, work, pure=False, key=name, resources=resources and dict(resources))
        try:
            for future in as_completed(self._futures, loop=client.loop):
                done(future.result())
            return [future.result() for future in self._futures]
        finally:
            self.cancel()
            client.unsubscribe_topic(topic)

    def _require(self, resources: Resources) -> None:
        """ConfigError where there are workers and none offers them: the work would wait without a word."""
        workers = self._workers()
        if workers and not any(all(w["resources"].get(name, 0) >= n for name, n in resources.items()) for w in workers):
            wanted = " ".join(f"{name}={n:g}" for name, n in resources.items())
            raise ConfigError(
                f"no Dask worker of {self.address} offers {wanted}; start workers that may do this work with "
                f'`dask worker {self.address} --resources "{wanted}"`'
            )

    def cancel(self) -> None:
        if self._client is not None and self._futures:
            self._client.cancel(self._futures, force=True)
        self._futures = []

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _at_once(worker: Mapping[str, Any], resources: Resources) -> int:
    """How many pieces of such work a worker does at once."""
    offers: Mapping[str, float] = worker["resources"]
    threads: int = worker["nthreads"]
    return min([threads, *(int(offers.get(name, 0) // n) for name, n in resources.items())])


def scheduler(address: str, workers: int | None = None) -> Scheduler:
    """`local`, or the address of a Dask scheduler (tcp://host:port)."""
    if address == "local":
        return LocalScheduler(workers)
    if "://" not in address:
        raise ConfigError(f"--scheduler {address!r}: write `local` or tcp://host:port")
    return DaskScheduler(address)
