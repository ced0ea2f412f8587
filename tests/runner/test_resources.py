"""Work that not every worker may do: on a cluster it goes to those that offer what it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Scheduler, SpecCluster, Worker, get_worker

from curation_lib.core.errors import ConfigError
from curation_lib.runner.dask import DaskScheduler, LocalScheduler
from curation_lib.runner.reports import reporting
from curation_lib.runner.store import Store
from curation_lib.runner.work import Work


def works(count: int) -> list[Work]:
    return [Work(Store("/nowhere"), "w", str(n), str(n), n, "d", ()) for n in range(count)]


def where(work: Work) -> str:
    return str(get_worker().name)


def index(work: Work) -> int:
    return work.index


@pytest.fixture(scope="module")
def cluster() -> Iterator[SpecCluster]:
    """Workers `plain` and `trainer`; the second offers to train, one model at a time."""
    loopback = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    workers = {
        name: {"cls": Worker, "options": {"nthreads": 1, "resources": offers, **loopback}}
        for name, offers in {"plain": {}, "trainer": {"train": 1}}.items()
    }
    scheduler = {"cls": Scheduler, "options": {"protocol": "tcp://", "port": 0, **loopback}}
    with SpecCluster(workers=workers, scheduler=scheduler) as cluster:
        cluster.wait_for_workers(2)
        yield cluster


@pytest.fixture
def scheduler(cluster: SpecCluster) -> Iterator[DaskScheduler]:
    scheduler = DaskScheduler(cluster.scheduler_address)
    yield scheduler
    scheduler.close()


def test_it_goes_to_workers_that_offer_it(scheduler: DaskScheduler) -> None:
    assert set(scheduler.run(where, works(6), lambda _: None)) == {"plain", "trainer"}
    assert set(scheduler.run(where, works(6), lambda _: None, resources={"train": 1})) == {"trainer"}


@pytest.mark.parametrize("resources", [{"gpu": 1}, {"train": 2}, {"train": 1, "gpu": 1}])
def test_where_no_worker_offers_it_the_flag_is_named(scheduler: DaskScheduler, resources: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"offers .*; start workers .* `dask worker tcp://.* --resources \"") as error:
        scheduler.run(where, works(1), lambda _: None, resources=resources)
    assert " ".join(f"{name}={n}" for name, n in resources.items()) in str(error.value)


def test_who_offers_it_is_counted(scheduler: DaskScheduler) -> None:
    assert scheduler.processes == 2
    assert (scheduler.offering({"train": 1}), scheduler.offering({})) == (1, 2)
    with pytest.raises(ConfigError, match="offers gpu=1"):
        scheduler.offering({"gpu": 1})


def test_a_worker_that_does_several_at_once_counts_so_often() -> None:
    loopback = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    workers = {0: {"cls": Worker, "options": {"nthreads": 3, "resources": {"train": 5}, **loopback}}}
    with SpecCluster(workers=workers, scheduler={"cls": Scheduler, "options": {"port": 0, **loopback}}) as cluster:
        cluster.wait_for_workers(1)
        scheduler = DaskScheduler(cluster.scheduler_address)
        assert [scheduler.offering({"train": each}) for each in (1, 2, 3)] == [3, 2, 1]
        scheduler.close()


def trains_until_stopped(work: Work) -> None:
    """Reports for a minute; leaves a line for each report, and `stopped` at its end."""
    with Path(work.directory).open("a", buffering=1) as file:
        try:
            for _ in range(600):
                time.sleep(0.1)
                reporting()({"tokens": 1})
                file.write("trained\n")
        finally:
            file.write("stopped\n")


def test_what_is_cancelled_ends_and_not_beside_its_next_try(scheduler: DaskScheduler, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    work = replace(works(1)[0], directory=str(file))
    with ThreadPoolExecutor(1) as operator:
        running = operator.submit(scheduler.run, trains_until_stopped, [work], lambda _: None, resources={"train": 1})
        _wait(lambda: file.exists() and "trained" in file.read_text())
        scheduler.cancel()
        with pytest.raises(CancelledError):
            running.result(20)
    _wait(lambda: "stopped" in file.read_text())
    assert len(file.read_text().splitlines()) < 300


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_this_machine_takes_any_work() -> None:
    assert LocalScheduler(3).offering({"gpu": 8}) == 3
    assert LocalScheduler(1).run(index, works(2), lambda _: None, resources={"gpu": 8}) == [0, 1]
