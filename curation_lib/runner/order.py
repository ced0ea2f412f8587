"""What a worker does for an Order: scatter a part's rows over slices of places, gather a slice from every part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Order
from curation_lib.runner.books import Books, text_bytes
from curation_lib.runner.commit import Done, Outputs, once
from curation_lib.runner.manifest import Entry
from curation_lib.runner.parts import read_arrow, read_batches, write_arrow
from curation_lib.runner.work import Work, entry, explained, write_dataset

KINDS = ["source", "language", "license", "format"]
"""By what distinct documents are counted while their copies still stand side by side."""
_PLACED = pa.schema(
    [*DOCUMENT, pa.field("_place", pa.uint64(), nullable=False), pa.field("_copy", pa.uint32(), nullable=False)]
)


def scatter(work: Work) -> Done:
    """One part's rows with their places, a record batch per slice (`facts["slices"]` of them)."""

    def make(outputs: Outputs) -> dict[str, Any]:
        rows = pa.Table.from_batches(list(_placed(work)), _PLACED)
        with outputs.writing("pieces") as written:
            write_arrow(written, list(_sliced(rows, work.facts["slices"])), _PLACED)
        return {"documents": _documents(rows)}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def _placed(work: Work) -> Iterator[pa.RecordBatch]:
    stage, config = work.bound()[0]
    assert isinstance(stage, Order)
    last, before = "", 0
    for batch in read_batches(work.store, work.part, work.batch_rows):
        if not batch.num_rows:
            continue
        copies = copy_numbers(batch.column("doc_id"), last, before)
        last, before = batch.column("doc_id")[-1].as_py(), int(copies[-1])
        extra = [stage.place(batch, copies, config), pa.array(copies)]
        yield pa.RecordBatch.from_arrays([*batch.columns, *extra], schema=_PLACED)


def copy_numbers(ids: pa.Array, last: str, before: int) -> npt.NDArray[np.uint32]:
    """How many rows of the same id stand directly before each row; before the first one, where its id is `last`,
    stand `before` + 1 more."""
    starts = np.concatenate([[True], pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)])
    numbers = np.arange(len(ids)) - np.maximum.accumulate(np.where(starts, np.arange(len(ids)), 0))
    if len(ids) and ids[0].as_py() == last:
        first_run = np.cumsum(starts) == 1
        numbers[first_run] += before + 1
    return numbers.astype(np.uint32)


def _sliced(rows: pa.Table, slices: int) -> Iterator[pa.RecordBatch]:
    """Rows whose places lie in the first 1/slices of all places, in the second, …"""
    which = slice_of(rows.column("_place").to_numpy(), slices)
    for number in range(slices):
        part = rows.take(pa.array(np.flatnonzero(which == number))).combine_chunks().to_batches()
        yield part[0] if part else pa.RecordBatch.from_pylist([], _PLACED)


def slice_of(places: npt.NDArray[np.uint64], slices: int) -> npt.NDArray[np.uint64]:
    """floor(place * slices / 2^64) by the upper 32 bits: larger places never lie in an earlier slice."""
    found: npt.NDArray[np.uint64] = ((places >> np.uint64(32)) * np.uint64(slices)) >> np.uint64(32)
    return found


def _documents(rows: pa.Table) -> list[dict[str, Any]]:
    """Distinct documents by KINDS."""
    first = rows.filter(pc.equal(rows.column("_copy"), 0)).select(KINDS)
    counted = first.group_by(KINDS).aggregate([([], "count_all")]).rename_columns([*KINDS, "documents"])
    found: list[dict[str, Any]] = counted.to_pylist()
    return sorted(found, key=lambda group: [group[name] or "" for name in KINDS])


def gather(work: Work) -> Entry:
    """One slice of every part (`part` lists their pieces), in order: a part of the output."""

    def make(outputs: Outputs) -> dict[str, Any]:
        one = (work.index, work.index + 1)
        rows = pa.concat_tables([_PLACED.empty_table(), *(read_arrow(work.store, key, one) for key in work.part)])
        order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in ("_place", "doc_id", "_copy")])
        rows = rows.select(DOCUMENT.names).take(order)
        books = Books(rows_in=rows.num_rows)
        books.bytes_in = sum(map(text_bytes, rows.to_batches()))
        return write_dataset(outputs, iter(rows.to_batches(work.batch_rows)), DOCUMENT, books, work.codec)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))
