"""Work on a running Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.core.stage import unheard
from curation_lib.runner.dask.protocol import OnDone, Resources, listened
from curation_lib.runner.reports import Heard
from curation_lib.runner.work import Work


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

    def offering(self, resources: Resources) -> int:
        self._require(resources)
        return sum(_at_once(one, resources) for one in self._workers())

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

    return listened(tell, function, work)
