"""A writer that is killed between any two bytes shows nothing under its key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curation_lib.audit.garbage import collect, find_garbage
from curation_lib.runner.store import Store

WRITE = """
import sys
from curation_lib.runner.store import Store
store, data = Store(sys.argv[1]), sys.argv[2].encode() * 40_000_000
print("ready", flush=True)
how = sys.argv[3]
while True:
    if how == "put":
        store.put("a/key", data)
    elif how == "create":
        store.create("a/key", data)
        store.remove("a/key")
    else:
        with store.writing("a/key") as written:
            written.file.write(data)
"""


@pytest.mark.parametrize("how", ["put", "create", "writing"])
def test_a_key_is_whole_or_not_there(tmp_path: Path, how: str) -> None:
    store = Store(str(tmp_path / "store"))
    left = 0
    for moment in (0.003, 0.04, 0.11):
        process = subprocess.Popen([sys.executable, "-c", WRITE, store.url, "x", how], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        deadline = time.monotonic() + 30
        while not store.unfinished("") and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(moment)
        process.kill()
        process.communicate()
        left = max(left, len(store.unfinished("")))
        for key in store.list(""):
            assert key == "a/key"
            assert Path(store.path(key)).stat().st_size == 40_000_000
    assert left, "no kill fell into a write"


def test_gc_takes_what_killed_writers_left(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    for key in ("datasets/a/b/.1.unfinished", "shards/w/.2.unfinished", "locks/.3.unfinished"):
        path = Path(store.path(key))
        path.parent.mkdir(parents=True)
        path.write_bytes(b'{"half')
        os.utime(path, (0, 0))
    assert len(find_garbage(store).keys) == 3
    collect(store)
    assert store.unfinished("") == []


@pytest.mark.parametrize(
    "folder", ["training/run", "tasks/one", "mixtures/news/1", "valuations/news/1", "datasets/a/b"]
)
def test_gc_leaves_what_an_experiment_is_writing_now(tmp_path: Path, folder: str) -> None:
    """Experiments hold no lock, whatever they write."""
    store = Store(str(tmp_path / "store"))
    old, new = (f"{folder}/.{n}.unfinished" for n in (1, 2))
    for key in (old, new):
        store.put(key, b"half of a checkpoint")
    os.utime(store.path(old), (0, 0))
    collect(store)
    assert store.unfinished("") == [new]
