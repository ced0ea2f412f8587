"""The local scheduler: answers in order, one pool of processes for a build, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from curation_lib.core.errors import ConfigError, StoreError, WinnowError
from curation_lib.runner.dask import LocalScheduler, scheduler
from curation_lib.runner.store import Store
from curation_lib.runner.work import Work


def works(count: int) -> list[Work]:
    return [Work(Store("/nowhere"), "w", str(n), str(n), n, "d", ()) for n in range(count)]


def who(work: Work) -> tuple[int, int]:
    return work.index, os.getpid()


def refuses(work: Work) -> None:
    raise StoreError(f"no place for {work.name}")


def dies(work: Work) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_stand_in_order_and_each_is_reported(workers: int) -> None:
    reported: list[Any] = []
    answers = LocalScheduler(workers).run(who, works(6), reported.append)
    assert [index for index, _ in answers] == list(range(6))
    assert sorted(reported) == sorted(answers)


def test_one_worker_is_this_process() -> None:
    assert {pid for _, pid in LocalScheduler(1).run(who, works(3), lambda _: None)} == {os.getpid()}


def test_the_same_processes_serve_every_step() -> None:
    local = LocalScheduler(2)
    pids = [{pid for _, pid in local.run(who, works(4), lambda _: None)} for _ in range(3)]
    assert len(set().union(*pids)) <= 2
    assert os.getpid() not in set().union(*pids)


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_arrive_as_they_were(workers: int) -> None:
    with pytest.raises(StoreError, match="no place for"):
        LocalScheduler(workers).run(refuses, works(2), lambda _: None)


def test_a_worker_that_is_killed_is_one_line_and_the_next_run_works() -> None:
    local = LocalScheduler(2)
    with pytest.raises(WinnowError, match="a worker process died") as error:
        local.run(dies, works(2), lambda _: None)
    assert "\n" not in str(error.value)
    assert len(local.run(who, works(2), lambda _: None)) == 2


def test_no_work_is_no_work() -> None:
    assert LocalScheduler(2).run(dies, [], lambda _: None) == []


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match="tcp://"):
        scheduler("localhost:8786")


def test_workers_end_with_a_build_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(
        "import time\nfrom tests.runner.test_schedulers import works, who\n"
        "from curation_lib.runner.dask import LocalScheduler\n"
        "if __name__ == '__main__':\n"
        "    LocalScheduler(2)._processes().submit(time.sleep, 0).result()\n"
        "    print('ready', flush=True)\n    time.sleep(600)\n"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    parent.stdout.readline()
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    for process in alive:
        process.kill()
    assert not alive
