"""A manifest is written once; another answer for the same fingerprint is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation_lib.core.errors import StoreError
from curation_lib.runner.lineage import ancestors, complete
from curation_lib.runner.manifest import Entry, File, Manifest, read_manifest, total
from curation_lib.runner.store import Store

COUNTS = {
    "rows_in": 5, "skipped": 0, "created": 0, "kept": 3, "edited": 0, "bytes_in": 9, "bytes_kept": 5,
    "dropped": {"a.x": 2}, "quarantined": {},
}  # fmt: skip


def manifest(name: str = "f" * 32, inputs: tuple[str, ...] = (), reused: bool = False) -> Manifest:
    entry = Entry("i", "a.jsonl", {"part": File("part-00000.parquet", 3, 10, "s")}, COUNTS, reused)
    return Manifest("dedup.exact", name, f"datasets/dedup.exact/{name}", [], list(inputs), [entry], COUNTS)


def test_it_comes_back_as_written(store: Store) -> None:
    assert read_manifest(store, manifest().directory) is None
    manifest().write(store)
    assert read_manifest(store, manifest().directory) == manifest()


def test_writing_the_same_again_is_fine_even_where_shards_were_reused(store: Store) -> None:
    manifest().write(store)
    manifest(reused=True).write(store)


def test_another_answer_is_refused_and_the_first_stays(store: Store) -> None:
    manifest().write(store)
    with pytest.raises(StoreError, match="another answer for the same fingerprint"):
        replace(manifest(), facts={"other": 1}).write(store)
    assert read_manifest(store, manifest().directory) == manifest()


def test_counts_add_up_by_reason() -> None:
    both = total([COUNTS, {**COUNTS, "dropped": {"a.x": 1, "b.y": 4}, "quarantined": {"torn": 1}}])
    assert (both["rows_in"], both["dropped"], both["quarantined"]) == (10, {"a.x": 3, "b.y": 4}, {"torn": 1})


def test_ancestors_come_once_nearest_first(folder_store: Store) -> None:
    root = manifest("0")
    left, right = manifest("1", (root.directory,)), manifest("2", (root.directory,))
    end = manifest("3", (left.directory, right.directory))
    for one in (root, left, right, end):
        one.write(folder_store)
    assert [m.fingerprint for m in ancestors(folder_store, [end])] == ["3", "1", "2", "0"]


def test_a_dataset_that_is_not_complete_is_named(folder_store: Store) -> None:
    with pytest.raises(StoreError, match=r"datasets/x/y has no manifest"):
        complete(folder_store, "datasets/x/y")
