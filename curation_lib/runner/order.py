"""What a worker does for an Order: scatter a part's rows over slices of places, gather a slice from every part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


RUN_PARTS = 4
"""A part is scattered in runs of the text of so many parts of the output, so that none is too large."""


def scatter(work: Work) -> Done:
    """One part's rows with their places, a record batch per run and slice (`facts["slices"]` of them)."""
    stage, config = work.bound()[0]
    assert isinstance(stage, Order)
    counted: list[list[dict[str, Any]]] = []

    def pieces() -> Iterator[pa.RecordBatch]:
        for rows in runs(_placed(work), RUN_PARTS * stage.part_bytes(config)):
            counted.append(_documents(rows))
            yield from _sliced(rows, work.facts["slices"])
            pa.default_memory_pool().release_unused()  # or it keeps twice a run

    def make(outputs: Outputs) -> dict[str, Any]:
        with outputs.writing("pieces") as written:
            write_arrow(written, pieces(), _PLACED)
        return {"documents": added(counted), "runs": len(counted)}

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


def runs(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """The rows in tables that end with the row that brings the text to `size` bytes, whatever the batches were."""
    held: list[pa.RecordBatch] = []
    room = size
    for batch in batches:
        while batch.num_rows:
            ends = np.cumsum(pc.binary_length(batch.column("text")).to_numpy(zero_copy_only=False))
            fit = min(int(np.searchsorted(ends, room)) + 1, batch.num_rows)
            held.append(batch.slice(0, fit))
            batch, room = batch.slice(fit), room - int(ends[fit - 1])
            if room <= 0:
                yield pa.Table.from_batches(held)
                held, room = [], size
    if held:
        yield pa.Table.from_batches(held)


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


def added(partials: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Documents by kind, over all that were counted apart."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for group in (group for partial in partials for group in partial):
        sums[tuple(group[name] for name in KINDS)] += group["documents"]
    ordered = sorted(sums, key=lambda kind: [part or "" for part in kind])
    return [dict(zip(KINDS, kind, strict=True)) | {"documents": sums[kind]} for kind in ordered]


def gather(work: Work) -> Entry:
    """One slice of every run of every part (`part` lists pieces and their runs), in order: a part of the output."""

    def make(outputs: Outputs) -> dict[str, Any]:
        slices = work.facts["slices"]
        mine = ((key, range(work.index, runs * slices, slices)) for key, runs in work.part)
        rows = pa.concat_tables([_PLACED.empty_table(), *(read_arrow(work.store, *one) for one in mine)])
        order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in ("_place", "doc_id", "_copy")])
        rows = rows.select(DOCUMENT.names).take(order)
        books = Books(rows_in=rows.num_rows)
        books.bytes_in = sum(map(text_bytes, rows.to_batches()))
        return write_dataset(outputs, iter(rows.to_batches(work.batch_rows)), DOCUMENT, books, work.codec)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))
