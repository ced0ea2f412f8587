"""Runs a Group in this process, the way its docstring says, over shards that are lists of batches."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from curation_lib.core.config import StageConfig
from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import OWN, Context, Group
from curation_lib.core.taken import Drop, Edit
from curation_lib.text.hashing import content_hashes

Shards = Sequence[Sequence[pa.RecordBatch]]


@dataclass
class Outcome:
    """What became of all documents: drops, edits and quarantine by doc_id, kept doc_ids and their texts in order, and
    what each shard is now."""

    kept: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    edits: list[tuple[str, Edit]] = field(default_factory=list)
    drops: list[tuple[str, Drop]] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    shards: list[list[pa.RecordBatch]] = field(default_factory=list)
    links: list[tuple[str, str, float | None]] = field(default_factory=list)

    def dropped(self) -> dict[str, tuple[str, str | None, float | None]]:
        """doc_id -> (rule, twin, score)."""
        return {doc: (drop.rule, drop.kept_twin, drop.score) for doc, drop in self.drops}


def _documents(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Rows of at least doc_id and text as a batch of documents."""
    hashes = content_hashes(pa.array([r["text"] for r in rows], pa.large_string())).to_pylist()
    full = [
        {
            "source": "s",
            "source_id": r["doc_id"],
            "license": "unknown",
            "format": "html",
            **r,
            "content_hash": h,
        }
        for r, h in zip(rows, hashes, strict=True)
    ]
    return pa.RecordBatch.from_pylist(full, schema=DOCUMENT)


def _split(batch: pa.RecordBatch, sizes: Sequence[Sequence[int]]) -> list[list[pa.RecordBatch]]:
    """`batch` cut into shards of batches with the given numbers of rows; the rest is a last shard."""
    shards, start = [], 0
    for shard in sizes:
        shards.append([])
        for size in shard:
            shards[-1].append(batch.slice(start, size))
            start = min(start + size, batch.num_rows)
    return [*shards, [batch.slice(start)]]


def _run(
    stage: Group, shards: Shards, config: StageConfig, partitions: int = 4, releases: Sequence[Shards] = ()
) -> Outcome:
    outcome = Outcome()
    of = [OWN] * len(shards) + [n for n, release in enumerate(releases) for _ in release]
    every = [*shards, *(shard for release in releases for shard in release)]
    tables = [pa.Table.from_batches(shard, schema=DOCUMENT) for shard in every]
    context = Context(model=stage.load(config) if stage.load else None)
    keys = [_key(stage, shard, n, of[n], config, context) for n, shard in enumerate(every)]
    whole = pa.concat_tables(keys).sort_by([(c, "ascending") for c in ("partition_key", "shard", "row")])
    which = whole.column("partition_key").to_numpy() % np.uint64(partitions)
    partials = [stage.partition(whole.filter(pa.array(which == n)), config) for n in range(partitions)]

    def lookup(shard: int, rows: Sequence[int]) -> pa.RecordBatch:
        outcome.read.append(len(rows))
        return tables[shard].take(pa.array(rows)).combine_chunks().to_batches()[0]

    decision = stage.decide(partials, lookup, config)
    assert all(shard < len(shards) for shard in decision.column("shard").to_pylist())
    for number, shard in enumerate(shards):
        start = 0
        outcome.shards.append([])
        for batch in shard:
            _apply(stage, batch, _cut(decision, number, start, batch.num_rows), config, outcome)
            start += batch.num_rows
    return outcome


def _key(
    stage: Group, shard: Sequence[pa.RecordBatch], number: int, release: int, config: StageConfig, context: Context
) -> pa.Table:
    empty = pa.RecordBatch.from_pylist([], DOCUMENT)
    tables, start = [], 0
    for batch in [*shard, empty]:
        rows = pa.Table.from_batches([stage.key(batch, config, context)])
        at = rows.schema.get_field_index("row")
        shifted = pa.array(rows.column("row").to_numpy() + np.uint32(start), pa.uint32())
        tables.append(rows.set_column(at, "row", shifted))
        start += batch.num_rows
    rows = pa.concat_tables(tables)
    rows = rows.append_column("shard", pa.array(np.full(rows.num_rows, number, np.uint32)))
    return rows.append_column("release", pa.array(np.full(rows.num_rows, release, np.uint16)))


def _cut(decision: pa.Table, shard: int, start: int, size: int) -> pa.Table:
    row = decision.column("row").to_numpy().astype(np.int64) - start
    mine = decision.filter(pa.array((decision.column("shard").to_numpy() == shard) & (row >= 0) & (row < size)))
    at = mine.schema.get_field_index("row")
    local = mine.column("row").to_numpy() - np.uint32(start)
    return mine.set_column(at, mine.schema.field(at), pa.array(local, pa.uint32()))


def _apply(stage: Group, batch: pa.RecordBatch, decision: pa.Table, config: StageConfig, out: Outcome) -> None:
    result = stage.apply(batch, decision, config, Context())
    ids = batch.column("doc_id").to_pylist()
    assert batch.num_rows == result.kept.num_rows + len(result.drops) + len(result.bad)
    out.shards[-1].append(result.kept)
    out.kept += result.kept.column("doc_id").to_pylist()
    out.texts += result.kept.column("text").to_pylist()
    out.edits += [(ids[edit.row], edit) for edit in result.edits]
    out.drops += [(ids[drop.row], drop) for drop in result.drops]
    if result.links is not None:
        out.links += [(ids[link["row"]], link["twin"], link["similarity"]) for link in result.links.to_pylist()]
    out.bad += [(ids[bad.row], bad.error) for bad in result.bad]


@pytest.fixture(scope="session")
def run() -> Callable[..., Outcome]:
    return _run


@pytest.fixture(scope="session")
def documents() -> Callable[[Sequence[dict[str, Any]]], pa.RecordBatch]:
    return _documents


@pytest.fixture(scope="session")
def split() -> Callable[..., list[list[pa.RecordBatch]]]:
    return _split


@pytest.fixture(scope="session")
def corpus(data: Path) -> Callable[[str], pa.RecordBatch]:
    """Documents of one labelled set; its `id` is the doc_id."""

    def load(name: str) -> pa.RecordBatch:
        packed = (data / "dedup" / f"{name}.docs.jsonl.zst").read_bytes()
        text = zstandard.ZstdDecompressor().stream_reader(packed).read().decode()
        rows = [json.loads(line) for line in text.split("\n") if line]
        return _documents([{"doc_id": r["id"], "text": r["text"]} for r in rows])

    return load


@pytest.fixture(scope="session")
def labels(data: Path) -> Callable[[str], list[tuple[str, str, float]]]:
    """(doc_id, doc_id, Jaccard) of every pair above the set's floor."""

    def load(name: str) -> list[tuple[str, str, float]]:
        text = (data / "dedup" / f"{name}.pairs.tsv").read_text()
        rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(r["id_a"], r["id_b"], float(r["jaccard_w5"])) for r in rows]

    return load
