"""What workers report reaches the process that runs the build, wherever they are, while they are at it."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from multiprocessing import Pipe
from typing import Any

import pytest
from distributed import LocalCluster

from curation_lib.runner.dask import DaskScheduler, LocalScheduler
from curation_lib.runner.dask.process import listen
from curation_lib.runner.reports import Paced, Sums, reporting, tally_line
from curation_lib.runner.store import Store
from curation_lib.runner.work import Work


def works(count: int) -> list[Work]:
    return [Work(Store("/nowhere"), "w", str(n), str(n), n, "d", ()) for n in range(count)]


def reports(work: Work) -> int:
    for _ in range(3):
        reporting()({"answered": 1, "prompt_tokens": work.index})
    return os.getpid()


def reports_and_goes_on(work: Work) -> int:
    answer = reports(work)
    time.sleep(1)  # reports are for the time until the end, and those of its last moment may be lost
    return answer


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp",
        processes=False,
    ) as cluster:
        yield cluster


@pytest.mark.parametrize("workers", [1, 2])
def test_from_this_process_and_from_a_pool(workers: int) -> None:
    heard: Counter[str] = Counter()
    scheduler = LocalScheduler(workers)
    for _ in range(2):
        scheduler.run(reports, works(5), lambda _: None, heard.update)
    assert heard == {"answered": 30, "prompt_tokens": 60}
    assert scheduler.processes == workers


def test_from_a_cluster(cluster: LocalCluster) -> None:
    heard: Counter[str] = Counter()
    scheduler = DaskScheduler(cluster.scheduler_address)
    try:
        assert scheduler.processes == 2
        scheduler.run(reports_and_goes_on, works(5), lambda _: None, heard.update)
    finally:
        scheduler.close()
    assert heard == {"answered": 15, "prompt_tokens": 30}


def test_workers_are_not_held_up_where_the_log_is_gone() -> None:
    ours, theirs = Pipe(duplex=False)

    def tells_much() -> None:
        for report in [*[{"answered": 1}] * 5_000, None]:
            theirs.send(report)

    def gone(tally: Mapping[str, int]) -> None:
        raise BrokenPipeError

    worker = threading.Thread(target=tells_much, daemon=True)
    worker.start()
    with pytest.raises(BrokenPipeError):
        listen(ours, gone)
    worker.join(10)
    assert not worker.is_alive()


def test_work_that_nobody_listens_to_may_report() -> None:
    reporting()({"answered": 1})


def test_sums_are_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now: dict[str, Any] = {"time": 100.0}
    monkeypatch.setattr(time, "monotonic", lambda: now["time"])
    said: list[str] = []
    sums = Sums("synthetic.generate", said.append)
    for n in range(8):
        now["time"] += 1
        sums({"answered": 1_000, "cost_millionths": 1_500})
        assert len(said) == (1 if n < 5 else 2)
    assert said[1] == "synthetic.generate: answered 6,000, cost 0.0090"


def test_what_is_paced_is_said_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now: dict[str, Any] = {"time": 100.0}
    monkeypatch.setattr(time, "monotonic", lambda: now["time"])
    said: list[str] = []
    sums = Sums("train", said.append, paced="tokens")
    for seconds in (10, 20):
        now["time"] = 100.0 + seconds
        sums({"tokens": 40_960})
    assert said == ["train: tokens 40,960 (4,096 tokens/s)", "train: tokens 81,920 (4,096 tokens/s)"]


def test_a_tally_in_words() -> None:
    counts = {"synthetic.generate.ok": 1200, "synthetic.generate.cost_millionths": 31_200}
    assert tally_line(counts) == "synthetic.generate.ok 1,200, synthetic.generate.cost 0.0312"


def test_paced_reports_are_added_up_and_the_last_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    now, heard = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    paced = Paced(lambda tally: heard.append(dict(tally)), seconds=1.0)
    for now[0] in (0.3, 0.6, 1.2, 1.9, 2.5, 2.6):
        paced({"tokens": 10})
    assert heard == [{"tokens": 30}, {"tokens": 20}]
    paced.close()
    paced.close()
    assert heard == [{"tokens": 30}, {"tokens": 20}, {"tokens": 10}]
