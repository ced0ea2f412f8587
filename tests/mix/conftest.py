"""Small corpora and a run of a Group over them in plain loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context, Group, Result
from curation_lib.mix.allotted import Allotted, allotted
from curation_lib.mix.buckets import Bucket
from curation_lib.mix.cells import Running, Sorting
from curation_lib.mix.entries import Entries
from curation_lib.mix.shares import Limits

PARTITIONS = 4


def _documents(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """A batch of documents; each row names doc_id, source, language and text, the rest is filled in."""
    filled = [
        {
            "source_id": row["doc_id"],
            "content_hash": row["doc_id"],
            "license": "MIT",
            "format": "html",
            "metadata": [("row", row["doc_id"])],
            **row,
        }
        for row in rows
    ]
    return pa.RecordBatch.from_pylist(filled, schema=DOCUMENT)


def _run_group(stage: Group, config: Any, shards: Sequence[pa.RecordBatch]) -> list[Result]:
    """Each shard's result, keys shuffled over PARTITIONS partitions as the Group contract says."""
    context = Context(stage.load(config))
    keyed = []
    for number, shard in enumerate(shards):
        rows = pa.Table.from_batches([stage.key(shard, config, context)])
        keyed.append(rows.append_column("shard", pa.array([number] * rows.num_rows, pa.uint32())))
    rows = pa.concat_tables(keyed)
    home = [value % PARTITIONS for value in rows.column("partition_key").to_pylist()]
    partials = []
    for part in range(PARTITIONS):
        mine = rows.filter(pa.array([h == part for h in home], pa.bool_()))
        mine = mine.sort_by([(name, "ascending") for name in ("partition_key", "shard", "row")])
        partials.append(stage.partition(mine, config))
    decision = stage.decide(partials, _no_lookup, config)
    shard_of = decision.column("shard").to_pylist()
    return [
        stage.apply(shard, decision.filter(pa.array([s == number for s in shard_of], pa.bool_())), config, context)
        for number, shard in enumerate(shards)
    ]


class Corpus(NamedTuple):
    """Entries with the running totals of their buckets' documents."""

    entries: Entries
    running: dict[Bucket, Running]

    def allotted(self, limits: Limits, sorting: Sorting | None = None) -> Allotted:
        return allotted(self.entries, self.running, limits, sorting or Sorting())


def _corpus_of(entries: Sequence[tuple[float, dict[str, Sequence[Sequence[int]]]]]) -> Corpus:
    """A corpus of (weight, {kind: buckets}) per entry, a bucket the tokens of its documents in order."""
    found, running = Entries([], [weight for weight, _ in entries]), {}
    for number, (_, kinds) in enumerate(entries):
        found.buckets.append([])
        for kind, buckets in kinds.items():
            for documents in filter(None, buckets):
                made = "synthetic" if kind == "synthetic" else ""
                bucket = Bucket((made, f"{kind}-{number}", "en", "MIT"), 0, len(running), len(running) + 1)
                found.buckets[-1].append(bucket)
                running[bucket] = np.cumsum(documents, dtype=np.int64)
    return Corpus(found, running)


def _no_lookup(shard: int, rows: Sequence[int]) -> pa.RecordBatch:
    raise AssertionError("the sampler reads no document again")


@pytest.fixture(scope="session")
def documents() -> Callable[[Sequence[dict[str, Any]]], pa.RecordBatch]:
    return _documents


@pytest.fixture(scope="session")
def run_group() -> Callable[[Group, Any, Sequence[pa.RecordBatch]], list[Result]]:
    return _run_group


@pytest.fixture(scope="session")
def corpus_of() -> Callable[..., Corpus]:
    return _corpus_of
