"""Where work runs: in this process, in Dask's process pool, or on a Dask cluster. Nothing else imports Dask."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import dask
from dask.callbacks import Callback

from curation_lib.core.errors import ConfigError
from curation_lib.runner.work import Work

OnDone = Callable[[Any], None]

class Scheduler(Protocol):
    """Runs one function over many pieces of work and gives the answers in their order."""

    def run(self, function: Callable[[Work], Any], work: Sequence[Work], done: OnDone) -> list[Any]: ...

    def cancel(self) -> None: ...


class LocalScheduler:
    """Dask's synchronous scheduler for one worker, its process scheduler for more."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1

    def run(self, function: Callable[[Work], Any], work: Sequence[Work], done: OnDone) -> list[Any]:
        if not work:
            return []
        tasks = [dask.delayed(function, pure=False)(one) for one in work]
        kind = "sync" if min(self.workers, len(work)) == 1 else "processes"
        report = Callback(posttask=lambda key, result, *_: done(result))
        with report:
            answers = dask.compute(
                *tasks, scheduler=kind, num_workers=self.workers, chunksize=1, optimize_graph=False
            )
        return list(answers)

    def cancel(self) -> None:
        """Nothing outlives this process."""


class DaskScheduler:
    """A running Dask cluster. `cancel` takes back what this client has submitted.

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

    def run(self, function: Callable[[Work], Any], work: Sequence[Work], done: OnDone) -> list[Any]:
        from distributed import as_completed

        if not work:
            return []
        client = self._connected()
        self._futures = client.map(function, work, pure=False, key=function.__name__)
        try:
            for future in as_completed(self._futures):
                done(future.result())
            return [future.result() for future in self._futures]
        finally:
            self.cancel()

    def cancel(self) -> None:
        if self._client is not None and self._futures:
            self._client.cancel(self._futures, force=True)
        self._futures = []

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def scheduler(address: str, workers: int | None = None) -> Scheduler:
    """`local`, or the address of a Dask scheduler (tcp://host:port)."""
    if address == "local":
        return LocalScheduler(workers)
    if "://" not in address:
        raise ConfigError(f"--scheduler {address!r}: write `local` or tcp://host:port")
    return DaskScheduler(address)
