"""One active build per corpus."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from curation_lib.core.errors import StoreError
from curation_lib.runner import lock as locks
from curation_lib.runner.lock import LEASE, BuildLock, locked
from curation_lib.runner.store import Store, canonical_json
from tests.runner.corpora import simple, simple_inputs

KEY = "locks/c.json"


def claim(store: Store, owner: str, **more: object) -> None:
    held = {"owner": owner, "host": platform.node(), "pid": os.getpid(), "beat": time.time(), **more}
    store.put(KEY, canonical_json(held))


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_second_gets_one_line_that_names_the_holder(store: Store) -> None:
    BuildLock(store, "c", "airflow demo run-1").take()
    with pytest.raises(StoreError) as error:
        BuildLock(store, "c", "airflow demo run-2").take()
    assert "airflow demo run-1" in str(error.value)
    assert platform.node() in str(error.value)
    assert store.address(KEY) in str(error.value)
    assert "\n" not in str(error.value)


def test_other_corpora_and_the_holder_itself_are_let_in(store: Store) -> None:
    BuildLock(store, "c", "airflow demo run-1").take()
    BuildLock(store, "c", "airflow demo run-1").take()
    BuildLock(store, "d", "airflow demo run-2").take()


def test_released_is_free(store: Store) -> None:
    with locked(store, "c"):
        assert store.exists(KEY)
    assert store.list("locks") == []


def test_released_by_an_error(folder_store: Store) -> None:
    with pytest.raises(ZeroDivisionError), locked(folder_store, "c"):
        raise ZeroDivisionError
    assert folder_store.list("locks") == []


def test_another_s_lock_is_not_released(folder_store: Store) -> None:
    claim(folder_store, "airflow x")
    BuildLock(folder_store, "c", "airflow y").release()
    assert folder_store.exists(KEY)


@pytest.mark.parametrize("hours", [0, 1])
def test_the_lock_of_a_dead_process_is_taken_over(
    folder_store: Store, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(locks, "SETTLE", 0.01)
    pid = ended_process()
    claim(folder_store, f"process {pid}", pid=pid, beat=time.time() - 3600 * hours)
    with locked(folder_store, "c"):
        assert folder_store.read_json(KEY)["owner"] == f"process {os.getpid()}"


def test_a_live_process_of_another_host_is_waited_for_until_its_lease_ends(
    folder_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "SETTLE", 0.01)
    pid = ended_process()
    claim(folder_store, f"process {pid}", pid=pid, host="elsewhere", beat=time.time() - LEASE + 60)
    with pytest.raises(StoreError, match="elsewhere"):
        BuildLock(folder_store, "c", "airflow run").take()
    claim(folder_store, f"process {pid}", pid=pid, host="elsewhere", beat=time.time() - LEASE - 1)
    BuildLock(folder_store, "c", "airflow run").take()


def test_the_same_process_number_on_another_host_is_another_process(folder_store: Store) -> None:
    """Containers number their processes alike."""
    claim(folder_store, f"process {os.getpid()}", host="elsewhere")
    with pytest.raises(StoreError, match="elsewhere"), locked(folder_store, "c"):
        pass
    assert folder_store.read_json(KEY)["host"] == "elsewhere"


def test_of_many_that_find_a_dead_lock_one_proceeds(store: Store) -> None:
    claim(store, "airflow dead", beat=0.0)

    def take(number: int) -> bool:
        try:
            BuildLock(store, "c", f"airflow run-{number}").take()
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(take, range(8))).count(True) == 1


def test_a_build_whose_lock_was_taken_over_stops(folder_store: Store) -> None:
    lock = BuildLock(folder_store, "c", "airflow slow")
    lock.take()
    claim(folder_store, "airflow next")
    lock.beat()  # nothing is written, nor looked at, before BEAT seconds have passed
    lock._beaten -= locks.BEAT + 1
    with pytest.raises(StoreError, match="airflow next"):
        lock.beat()
    assert folder_store.read_json(KEY)["owner"] == "airflow next"


def test_a_beat_is_a_sign_of_life(folder_store: Store) -> None:
    lock = BuildLock(folder_store, "c", "airflow run")
    lock.take()
    before = folder_store.read_json(KEY)["beat"]
    lock._beaten -= locks.BEAT + 1
    lock.beat()
    assert folder_store.read_json(KEY)["beat"] > before


def test_of_two_builds_at_once_one_runs(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(simple(simple_inputs(tmp_path / "inputs"))))
    command = [
        sys.executable,
        "-c",
        "from curation_lib.cli import main; main()",
        "build",
        str(recipe),
        "--workers",
        "1",
        "--until",
        "sources.books",
        "--json",
    ]
    builds = [
        subprocess.Popen([*command, "--store", str(tmp_path / "store")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=240) for process in builds]
    codes = [process.returncode for process in builds]
    assert sorted(codes) == [0, 1], outputs
    loser, winner = codes.index(1), codes.index(0)
    assert json.loads(outputs[winner][0].splitlines()[-1])["steps"]
    errors = outputs[loser][1].splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("error: a build of 'small' is active")
    assert f"process {builds[winner].pid} on {platform.node()}" in errors[0]
    assert Store(str(tmp_path / "store")).list("locks") == []
