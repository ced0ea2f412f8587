"""Work that is done is never done again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from curation_lib.core.errors import StoreError
from curation_lib.runner.commit import Outputs, once
from curation_lib.runner.store import Store

PATHS = {"part": "part-00000.parquet"}


def writes(data: bytes) -> Callable[[Outputs], dict[str, Any]]:
    def make(outputs: Outputs) -> dict[str, Any]:
        with outputs.writing("part") as written:
            written.file.write(data)
        outputs.rows("part", 3)
        return {"kept": 3}

    return make


def refuses(outputs: Outputs) -> dict[str, Any]:
    raise AssertionError("done before")


def test_the_second_call_reuses(store: Store) -> None:
    first = once(store, "w", "i", "datasets/a", PATHS, writes(b"rows"))
    second = once(store, "w", "i", "datasets/a", PATHS, refuses)
    assert (first.reused, second.reused) == (False, True)
    assert (second.files, second.facts) == (first.files, {"kept": 3})
    assert first.files["part"].rows == 3


def test_reuse_brings_the_files_into_another_dataset(store: Store) -> None:
    once(store, "w", "i", "datasets/a", PATHS, writes(b"rows"))
    done = once(store, "w", "i", "datasets/b", {"part": "part-00007.parquet"}, refuses)
    assert store.read("datasets/b/part-00007.parquet") == b"rows"
    assert done.files["part"].path == "part-00007.parquet"


def test_other_work_or_another_input_is_other_work(store: Store) -> None:
    for work, name in (("w", "i"), ("w", "j"), ("v", "i")):
        assert not once(store, work, name, f"datasets/{work}{name}", PATHS, writes(b"rows")).reused


def test_an_error_records_nothing(store: Store) -> None:
    def fails(outputs: Outputs) -> dict[str, Any]:
        with outputs.writing("part") as written:
            written.file.write(b"half")
            raise ZeroDivisionError
        return {}

    with pytest.raises(ZeroDivisionError):
        once(store, "w", "i", "datasets/a", PATHS, fails)
    assert store.list("") == []
    assert not once(store, "w", "i", "datasets/a", PATHS, writes(b"rows")).reused


def test_tries_that_race_agree(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: once(store, "w", "i", "datasets/a", PATHS, writes(b"rows")), range(8)))
    assert len({d.files["part"].sha256 for d in done}) == 1
    assert store.list("shards") == ["shards/w/i.json"]


def test_tries_that_differ_are_an_error(folder_store: Store) -> None:
    numbers = count()

    def make(outputs: Outputs) -> dict[str, Any]:
        number = next(numbers)
        if number == 0:  # while the first try is at work, a second one begins and ends
            once(folder_store, "w", "i", "datasets/a", PATHS, make)
        return writes(b"answer %d" % number)(outputs)

    with pytest.raises(StoreError, match="not deterministic"):
        once(folder_store, "w", "i", "datasets/a", PATHS, make)
