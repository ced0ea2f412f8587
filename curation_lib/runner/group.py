"""What a worker does for a Group: key a shard, judge a partition, decide, apply to a shard. Each is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.contract import conform
from curation_lib.core.stage import Context, Group
from curation_lib.runner.books import Books
from curation_lib.runner.commit import Done, Outputs, once
from curation_lib.runner.manifest import Entry
from curation_lib.runner.parts import read_arrow, read_batches, read_rows, write_arrow
from curation_lib.runner.shard import documents
from curation_lib.runner.work import Work, contexts, entry, explained, rehashed, write_dataset

SLICES = 16
"""Hash slices of a shard's key rows; fixed, so that a shard's keys serve any later set of shards."""
DOCUMENTS_PER_PARTITION = 100_000
"""A partition takes as many whole slices as hold about this many documents' keys: each is one task."""


def partitions(documents: int) -> list[tuple[int, int]]:
    """Slices [begin, end) of each partition of a step that has `documents` in."""
    count = min(SLICES, max(1, documents // DOCUMENTS_PER_PARTITION))
    bounds = [n * SLICES // count for n in range(count + 1)]
    return list(pairwise(bounds))


def _group(work: Work) -> tuple[Group, Any, Context]:
    stage, config = work.bound()[0]
    assert isinstance(stage, Group)
    return stage, config, contexts(work)[0]


def key(work: Work) -> Done:
    """Key rows of one shard, one record batch per slice."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, context = _group(work)
        tables, start = [], 0
        for batch in read_batches(work.store, work.part, work.batch_rows):
            rows = stage.key(batch, config, context)
            tables.append(_shifted(rows, start))
            start += batch.num_rows
        if not tables:
            empty = pa.RecordBatch.from_pylist([], stage.consumes)
            tables = [pa.Table.from_batches([stage.key(empty, config, context)])]
        rows = pa.concat_tables(tables).sort_by("row")  # stable: the file does not show where batches ended
        with outputs.writing("keys") as written:
            write_arrow(written, list(_partitioned(rows)), rows.schema)
        return {"rows": rows.num_rows}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def _shifted(rows: pa.RecordBatch, start: int) -> pa.Table:
    at = rows.schema.get_field_index("row")
    numbers = rows.column(at).to_numpy(zero_copy_only=False).astype(np.uint32) + np.uint32(start)
    return pa.Table.from_batches([rows]).set_column(at, pa.field("row", pa.uint32()), pa.array(numbers, pa.uint32()))


def _partitioned(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    which = rows.column("partition_key").to_numpy() % np.uint64(SLICES)
    for number in range(SLICES):
        part = rows.take(pa.array(np.flatnonzero(which == number))).combine_chunks()
        batches = part.to_batches()
        yield batches[0] if batches else pa.RecordBatch.from_pylist([], rows.schema)


def partition(work: Work) -> Done:
    """All rows of one partition, from every shard, judged together. `part` lists the shards' key files."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, _ = _group(work)
        slices: tuple[int, int] = work.facts["slices"]
        tables = [_with_shard(read_arrow(work.store, k, slices), n) for n, k in enumerate(work.part)]
        rows = pa.concat_tables(tables).sort_by([(c, "ascending") for c in ("partition_key", "shard", "row")])
        found = stage.partition(rows, config).combine_chunks()
        with outputs.writing("partition") as written:
            write_arrow(written, found.to_batches(), found.schema)
        return {"rows": found.num_rows}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def _with_shard(rows: pa.Table, shard: int) -> pa.Table:
    return rows.append_column(pa.field("shard", pa.uint32()), pa.array(np.full(rows.num_rows, shard, np.uint32)))


def decide(work: Work) -> Done:
    """The one decision, written as one file per shard. `part` lists partitions, `facts["parts"]` the shards."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, _ = _group(work)
        parts: Sequence[str] = work.facts["parts"]

        def lookup(shard: int, rows: Sequence[int]) -> pa.RecordBatch:
            return read_rows(work.store, parts[shard], rows)

        partials = [read_arrow(work.store, k) for k in work.part]
        decision = stage.decide(partials, lookup, config).sort_by([("shard", "ascending"), ("row", "ascending")])
        shards = decision.column("shard").to_numpy()
        for number in range(len(parts)):
            begin, end = np.searchsorted(shards, [number, number + 1])
            mine = decision.slice(begin, end - begin).combine_chunks()
            with outputs.writing(f"shard-{number}") as written:
                write_arrow(written, mine.to_batches(), decision.schema)
        return {"rows": decision.num_rows}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def apply(work: Work) -> Entry:
    """Take the decision to one shard's documents. `facts["decision"]` is its decision file."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, _ = _group(work)
        decision = read_arrow(work.store, work.facts["decision"])
        rows = decision.column("row").to_numpy()
        books = Books()

        def batches() -> Iterator[pa.RecordBatch]:
            start = 0
            for batch in documents(work, books):
                begin, end = np.searchsorted(rows, [start, start + batch.num_rows])
                mine = decision.slice(begin, end - begin)
                at = mine.schema.get_field_index("row")
                local = pa.array((rows[begin:end] - np.uint32(start)).astype(np.uint32), pa.uint32())
                result = stage.apply(batch, mine.set_column(at, mine.schema.field(at), local), config)
                books.apply(stage.name, batch, result)
                kept = conform(result.kept, stage.produces, stage.name)
                yield rehashed(kept) if result.edits else kept
                start += batch.num_rows

        return write_dataset(outputs, batches(), stage.produces, books)

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))
