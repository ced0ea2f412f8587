"""Answers from outside: remembered in the store, the first one wins, gc takes them only when told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation_lib.audit.garbage import collect, find_garbage
from curation_lib.core.stage import Memory
from curation_lib.runner.memory import Remembered
from curation_lib.runner.store import Store

KEY = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def test_what_was_put_is_there_for_everybody(store: Store) -> None:
    memory: Memory = Remembered(store)
    assert memory.get(KEY) is None
    assert memory.put(KEY, b"one") == b"one"
    assert Remembered(Store(store.url)).get(KEY) == b"one"
    assert store.list("responses") == [f"responses/ab/{KEY}.json"]


def test_the_first_answer_stays_and_the_second_is_told(store: Store) -> None:
    assert Remembered(store).put(KEY, b"one") == b"one"
    assert Remembered(store).put(KEY, b"two") == b"one"
    assert Remembered(store).get(KEY) == b"one"


def test_gc_leaves_answers_alone_unless_told(store: Store) -> None:
    Remembered(store).put(KEY, b"paid for")
    store.put("datasets/x/y/part", b"no build needs this")
    assert [key for key in find_garbage(store).keys if key.startswith("responses")] == []
    collect(store)
    assert Remembered(store).get(KEY) == b"paid for"
    garbage = collect(store, answers=True)
    assert garbage.directories == {"responses": 8}
    assert Remembered(store).get(KEY) is None
