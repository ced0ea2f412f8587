"""The shuffle: a permutation of the whole mix that does not depend on how it was cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.runner import order
from curation_lib.runner.lineage import complete
from curation_lib.runner.order import copy_numbers, runs, slice_of
from curation_lib.runner.store import Store
from tests.runner.corpora import build, rows, run_steps, simple, tree, write_jsonl


def ordered(store: Path, done: Any, kind: str) -> list[str]:
    manifest = complete(Store(str(store)), done.directories()[f"{kind}.pretrain"])
    return [i for part in manifest.parts() for i in pq.read_table(store / part).column("source_id").to_pylist()]


def recipe(inputs: Path, **shuffle: Any) -> dict[str, Any]:
    made = simple(inputs)
    made["mixes"] = {"pretrain": {"default_weight": 1, "token_budget": 100_000, "max_epochs": 3}}
    return made | {"export": {"formats": ["parquet"], "shuffle": shuffle}}


def corpus(folder: Path, files: int) -> Path:
    every = rows(0, 60)
    for n in range(files):
        write_jsonl(folder / f"f{n}.jsonl", every[n::files])
    return folder


def test_documents_larger_than_a_part_make_no_more_parts_than_there_are(tmp_path: Path) -> None:
    done = run_steps(recipe(corpus(tmp_path / "in", 2), part_bytes=1), tmp_path / "store", until="shuffle.pretrain")
    shuffled = ordered(tmp_path / "store", done, "shuffle")
    assert sorted(set(shuffled)) == sorted(row["id"] for row in rows(0, 60))
    manifest = complete(Store(str(tmp_path / "store")), done.directories()["shuffle.pretrain"])
    assert len(manifest.shards) == len(shuffled)


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(0, 20))
def test_copies_are_counted_across_batches(ids: list[int], cut: int) -> None:
    names = [str(one) for one in ids]
    wanted: list[int] = []
    for n, name in enumerate(names):
        wanted.append(wanted[-1] + 1 if n and names[n - 1] == name else 0)
    found, last, before = [], "", 0
    for batch in (names[:cut], names[cut:]):
        numbers = copy_numbers(pa.array(batch, pa.string()), last, before) if batch else np.zeros(0, np.uint32)
        if batch:
            last, before = batch[-1], int(numbers[-1])
        found += numbers.tolist()
    assert found == wanted


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40), st.integers(1, 1000))
def test_slices_are_ranges_of_places(places: list[int], slices: int) -> None:
    places.sort()
    found = slice_of(np.array(places, np.uint64), slices).tolist()
    assert found == sorted(found)
    assert all(0 <= one < slices for one in found)
    assert found == [(place >> 32) * slices >> 32 for place in places]


def test_the_order_is_one_of_the_documents_alone(tmp_path: Path) -> None:
    """The same documents in one file or seven, in one part or many, in batches of 3 or 1024: the same order."""
    orders = []
    for name, files, part_bytes, batch_rows in (("a", 1, 10**9, 1024), ("b", 7, 10**9, 3), ("c", 3, 5_000, 1024)):
        inputs = corpus(tmp_path / name / "inputs", files)
        for path in inputs.glob("*.jsonl"):  # ids by file and row would differ
            assert b'"id"' in path.read_bytes()
        done = build(recipe(inputs, part_bytes=part_bytes), tmp_path / name / "store", batch_rows=batch_rows)
        orders.append(ordered(tmp_path / name / "store", done, "shuffle"))
        mixed = ordered(tmp_path / name / "store", done, "mix")
        assert sorted(mixed) == sorted(orders[-1])
        assert mixed != orders[-1]
        parts = len(list((tmp_path / name / "store" / done.directories()["shuffle.pretrain"]).glob("part-*")))
        assert parts == (1 if part_bytes == 10**9 else -(-sum_bytes(done) // part_bytes))
    assert orders[0] == orders[1] == orders[2]
    assert len(orders[0]) == 180


def sum_bytes(done: Any) -> int:
    return int(next(s for s in done.steps if s.step == "mix.pretrain").counts["bytes_kept"])


def test_it_looks_like_chance(tmp_path: Path) -> None:
    """Neighbours in the corpus are no neighbours in the mix, the three copies of a document lie apart."""
    inputs = corpus(tmp_path / "inputs", 1)
    done = build(recipe(inputs), tmp_path / "store")
    found = ordered(tmp_path / "store", done, "shuffle")
    numbers = np.array([int(one.removeprefix("doc-")) for one in found])
    assert abs(np.corrcoef(numbers, np.arange(180))[0, 1]) < 0.2
    assert (numbers[1:] == numbers[:-1]).sum() <= 6  # by chance 2
    assert found != ordered(tmp_path / "store", build(recipe(inputs, seed=1), tmp_path / "store"), "shuffle")


def test_documents_are_counted_once_and_rows_three_times(tmp_path: Path) -> None:
    inputs = corpus(tmp_path / "inputs", 2)
    done = build(recipe(inputs, part_bytes=9_000), tmp_path / "store")
    export = complete(Store(str(tmp_path / "store")), done.directories()["export.pretrain"])
    (group,) = export.facts["composition"]
    assert (group["documents"], group["rows"]) == (60, 180)


@given(st.lists(st.text(max_size=9), max_size=30), st.integers(1, 40), st.integers(1, 7))
def test_runs_end_where_their_text_is_full(texts: list[str], size: int, each: int) -> None:
    column = pa.table({"text": pa.array(texts, pa.large_string())})
    found = [run.column("text").to_pylist() for run in runs(column.to_batches(each), size)]
    assert found == [run.column("text").to_pylist() for run in runs(column.to_batches(), size)]
    assert [text for run in found for text in run] == texts
    sizes = [[len(text.encode()) for text in run] for run in found]
    assert all(sum(run) >= size for run in sizes[:-1])
    assert all(sum(run[:-1]) < size for run in sizes)


def test_a_part_that_is_scattered_in_runs_is_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of many runs, copies of a document in two of them: the output is the same byte for byte."""
    inputs, parts = corpus(tmp_path / "inputs", 1), []
    for name, at_once in (("one", 100), ("many", 0.05)):
        monkeypatch.setattr(order, "RUN_PARTS", at_once)
        store = tmp_path / name
        done = run_steps(recipe(inputs, part_bytes=20_000), store)
        shuffled = done.directories()["shuffle.pretrain"]
        pieces = [pa.ipc.open_file(path).num_record_batches for path in store.glob("work/shuffle.pretrain/*/pieces-*")]
        parts.append((tree(store / shuffled, "run.json"), complete(Store(str(store)), shuffled).facts, pieces))
    assert parts[0][:2] == parts[1][:2]
    assert parts[0][2][0] * 20 < parts[1][2][0]
