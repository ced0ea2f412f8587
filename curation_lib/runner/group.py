"""What a worker does for a Group: key a shard, judge a partition, decide, apply to a shard. Each is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.contract import conform
from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context, Group
from curation_lib.runner.books import Books
from curation_lib.runner.commit import Done, Outputs, once
from curation_lib.runner.manifest import Entry
from curation_lib.runner.parts import read_arrow, read_batches, read_rows, write_arrow
from curation_lib.runner.released import Placed
from curation_lib.runner.shard import documents
from curation_lib.runner.work import Work, contexts, entry, explained, rehashed, write_dataset

SLICES = 16
"""Hash slices of a shard's key rows; fixed, so that a shard's keys serve any later set of shards."""
DOCUMENTS_PER_PARTITION = 50_000
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
    """Key rows of one shard, one record batch per slice. `part` is Placed: it may lie in another store."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, context = _group(work)
        tables, start = [], 0
        part: Placed = work.part
        for batch in read_batches(part.store, part.key, work.batch_rows, stage.given.names):
            rows = stage.key(batch, config, context)
            tables.append(_shifted(rows, start))
            start += batch.num_rows
        if not tables:
            empty = pa.RecordBatch.from_pylist([], stage.given)
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
    """All rows of one partition, from every shard, judged together. `part` lists the shards' key files, Placed."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, _ = _group(work)
        slices = range(*work.facts["slices"])
        tables = [_with_shard(read_arrow(k.store, k.key, slices), n, k.release) for n, k in enumerate(work.part)]
        rows = pa.concat_tables(tables).sort_by([(c, "ascending") for c in ("partition_key", "shard", "row")])
        found = stage.partition(rows, config).combine_chunks()
        with outputs.writing("partition") as written:
            write_arrow(written, found.to_batches(), found.schema)
        return {"rows": found.num_rows}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def _with_shard(rows: pa.Table, shard: int, release: int) -> pa.Table:
    rows = rows.append_column(pa.field("shard", pa.uint32()), pa.array(np.full(rows.num_rows, shard, np.uint32)))
    return rows.append_column(pa.field("release", pa.uint16()), pa.array(np.full(rows.num_rows, release, np.uint16)))


def decide(work: Work) -> Done:
    """The one decision, written as one file per shard of the input.

    `part` lists partitions, `facts["parts"]` the shards, Placed: `facts["own"]` of the input, then the released.
    """

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, _ = _group(work)
        parts: Sequence[Placed] = work.facts["parts"]

        def lookup(shard: int, rows: Sequence[int]) -> pa.RecordBatch:
            return read_rows(parts[shard].store, parts[shard].key, rows, stage.given.names)

        partials = [read_arrow(work.store, k) for k in work.part]
        decision = stage.decide(partials, lookup, config).sort_by([("shard", "ascending"), ("row", "ascending")])
        shards = decision.column("shard").to_numpy()
        own: int = work.facts["own"]
        if len(shards) and shards[-1] >= own:
            raise ContractError(f"{stage.name}: the decision names a released document, {parts[shards[-1]].key}")
        for number in range(own):
            begin, end = np.searchsorted(shards, [number, number + 1])
            mine = decision.slice(begin, end - begin).combine_chunks()
            with outputs.writing(f"shard-{number}") as written:
                write_arrow(written, mine.to_batches(), decision.schema)
        return {"rows": decision.num_rows, **({"facts": stage.facts(partials, config)} if stage.facts else {})}

    with explained(work):
        return once(work.store, work.fingerprint, work.input, work.directory, work.facts["paths"], make)


def apply(work: Work) -> Entry:
    """Take the decision to one shard's documents. `facts["decision"]` is its decision file, `facts["keys"]` its key
    file where the key rows of what it keeps are to lie beside them."""

    def make(outputs: Outputs) -> dict[str, Any]:
        stage, config, context = _group(work)
        decision = read_arrow(work.store, work.facts["decision"])
        rows = decision.column("row").to_numpy()
        books = Books()
        books.declare([f"{stage.name}.{rule}" for rule in (stage.rules(config) if stage.rules else ())])

        def batches() -> Iterator[pa.RecordBatch]:
            start = 0
            for batch in documents(work, books):
                begin, end = np.searchsorted(rows, [start, start + batch.num_rows])
                mine = decision.slice(begin, end - begin)
                at = mine.schema.get_field_index("row")
                local = pa.array((rows[begin:end] - np.uint32(start)).astype(np.uint32), pa.uint32())
                result = stage.apply(batch, mine.set_column(at, mine.schema.field(at), local), config, context)
                books.apply(stage.name, batch, result)
                kept = conform(result.kept, stage.produces, stage.name)
                yield rehashed(kept) if result.edits else kept
                start += batch.num_rows

        counts = write_dataset(outputs, batches(), stage.produces, books)
        if "keys" in work.facts:
            _keep_keys(outputs, work, rows)
        return counts

    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, work.paths(), make))


def _keep_keys(outputs: Outputs, work: Work, removed: npt.NDArray[np.uint32]) -> None:
    """The key rows of the documents that stay, as `key` would make them of the written part. removed: ascending."""
    rows = read_arrow(work.store, work.facts["keys"])
    at, number = rows.schema.get_field_index("row"), rows.column("row").to_numpy()
    before = np.searchsorted(removed, number).astype(np.uint32)
    stays = np.searchsorted(removed, number, "right") == before
    left = rows.set_column(at, rows.schema.field(at), pa.array(number - before, pa.uint32())).filter(pa.array(stays))
    with outputs.writing("keys") as written:
        write_arrow(written, list(_partitioned(left)), left.schema)
