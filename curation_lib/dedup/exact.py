"""`dedup.exact`: a document id, or a text up to ASCII case and white space, stands once.

Rule `duplicate_id`: of the documents with one doc_id the first in survivor order stays; the others are
dropped when their content_hash equals its, else quarantined. Rule `duplicate_content`: of the documents left
with equal collapsed text (see `text.collapse`) the first in survivor order stays. Candidates agree on 128
bits of xxh3; where their content_hash differs, SHA-256 of the collapsed text decides. A twin is always kept.

Memory: `key` emits two rows of about 110 bytes per document, `partition` holds one partition's rows, `decide`
those of documents that share an id or a text; text in memory is at most `reading.SPAN` documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.stage import DECISION, Context, Group, Lookup, apply_removals
from curation_lib.dedup.decisions import Positions, decision, firsts, gathered, heads, numbers, shared
from curation_lib.dedup.reading import read
from curation_lib.dedup.survivors import SurvivorConfig, ranks, survivor_order
from curation_lib.text.collapse import collapsed
from curation_lib.text.hashing import normalised_hashes, priority, slices

ID, CONTENT = 0, 1
ROWS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        pa.field("low", pa.uint64()),
        pa.field("kind", pa.uint8()),
        pa.field("rank", pa.int64()),
        pa.field("doc_id", pa.large_string()),
        pa.field("content_hash", pa.large_string()),
    ]
)
"""Key rows: kind 0 is keyed by xxh3-64 of the doc_id, kind 1 by xxh3-128 of the collapsed text."""


class ExactConfig(SurvivorConfig):
    """Settings of `dedup.exact`: who stays."""


def key(batch: pa.RecordBatch, config: ExactConfig, context: Context) -> pa.RecordBatch:
    """Two rows per document, see ROWS."""
    n = batch.num_rows
    high, low = normalised_hashes(batch.column("text"))
    columns = [
        np.tile(np.arange(n, dtype=np.uint32), 2),
        np.concatenate([priority(batch.column("doc_id"), 0), high]),
        np.concatenate([np.zeros(n, np.uint64), low]),
        np.repeat(np.array([ID, CONTENT], np.uint8), n),
        np.tile(ranks(batch, config), 2),
        *(_twice(batch.column(name)) for name in ("doc_id", "content_hash")),
    ]
    return pa.record_batch([pa.array(c) for c in columns], schema=ROWS)


def partition(rows: pa.Table, config: ExactConfig) -> pa.Table:
    """The rows whose key another row of their kind has too, in the order given."""
    keys = [numbers(rows, name) for name in ("low", "partition_key", "kind")]
    order = np.lexsort(keys)
    again = shared(firsts(*(k[order] for k in keys)))
    return rows.take(pa.array(np.sort(order[again])))


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: ExactConfig) -> pa.Table:
    """First ids, then the texts of the documents still there."""
    rows = gathered(partials, ROWS)
    repeated = _repeated_ids(rows.filter(pc.equal(rows.column("kind"), ID)))
    texts = rows.filter(pc.equal(rows.column("kind"), CONTENT))
    left = texts.filter(pa.array(~np.isin(_place(texts), _place(repeated))))
    copies, ids = _repeated_texts(left, lookup)
    both = pa.concat_tables([_with_kept_twins(repeated, copies, ids), copies])
    return both.sort_by([("shard", "ascending"), ("row", "ascending")])


def _repeated_ids(rows: pa.Table) -> pa.Table:
    rows = rows.take(pa.array(survivor_order(rows, "doc_id")))
    begins, hashes = firsts(numbers(rows, "doc_id")), numbers(rows, "content_hash")
    other = hashes != hashes[heads(begins)]
    later = rows.filter(pa.array(~begins))
    return decision(later, rule="duplicate_id", kept_twin=later.column("doc_id"), quarantine=other[~begins])


def _repeated_texts(rows: pa.Table, lookup: Lookup) -> tuple[pa.Table, pa.ChunkedArray]:
    """The decision and the doc_ids that it drops."""
    rows = rows.take(pa.array(survivor_order(rows, "partition_key", "low")))
    begins = firsts(numbers(rows, "partition_key"), numbers(rows, "low"))
    group = np.cumsum(begins, dtype=np.int64)
    text = _texts(rows, group, lookup)
    order = np.lexsort([np.arange(len(group)), text, group])
    begins = firsts(group[order], text[order])
    rows, twin = rows.take(pa.array(order)), pa.array(heads(begins)[~begins])
    later = rows.filter(pa.array(~begins))
    found = decision(later, rule="duplicate_content", score=1.0, kept_twin=rows.column("doc_id").take(twin))
    return found, later.column("doc_id")


def _texts(rows: pa.Table, group: Positions, lookup: Lookup) -> Positions:
    """A number per row, equal within a group for equal collapsed texts.

    0 in a group with one content_hash; elsewhere one document per content_hash is read and digested.
    """
    hashes = numbers(rows, "content_hash").astype(np.int64)
    order = np.lexsort([hashes, group])
    begins = firsts(group[order], hashes[order])
    mixed = np.bincount(group[order], weights=begins)[group[order]] > 1
    ask = order[begins & mixed]
    digest = dict(zip(ask.tolist(), _digests(rows.take(pa.array(ask)), lookup), strict=True))
    codes = {value: n for n, value in enumerate(sorted(set(digest.values())), 1)}
    text = np.zeros(len(group), np.int64)
    text[ask] = [codes[digest[position]] for position in ask.tolist()]
    text[order] = text[order[heads(begins)]]
    return text


def _digests(rows: pa.Table, lookup: Lookup) -> list[bytes]:
    """SHA-256 of each row's collapsed text."""
    shard, row = numbers(rows, "shard"), numbers(rows, "row")
    order = np.lexsort([row, shard])
    found = [b""] * len(order)
    for start, batch in read(shard[order], row[order], lookup):
        for n, piece in enumerate(slices(*collapsed(batch.column("text"))), start):
            found[order[n]] = sha256(piece).digest()
    return found


def _with_kept_twins(repeated: pa.Table, copies: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """A dropped repeat of an id whose first document is itself a copy points to that one's twin."""
    twin = repeated.column("kept_twin")
    further = copies.column("kept_twin").take(pc.index_in(twin, value_set=ids.cast(pa.string()).combine_chunks()))
    dropped = pc.invert(repeated.column("quarantine"))
    new = pc.if_else(dropped, pc.coalesce(further, twin), twin)
    return repeated.set_column(DECISION.get_field_index("kept_twin"), DECISION.field("kept_twin"), new)


def _place(rows: pa.Table) -> Positions:
    place: Positions = numbers(rows, "shard").astype(np.int64) << 32 | numbers(rows, "row").astype(np.int64)
    return place


def _twice(column: pa.Array) -> pa.Array:
    large = column.cast(pa.large_string())
    return pa.concat_arrays([large, large])


STAGE = Group(
    name="dedup.exact",
    version=2,
    config=ExactConfig,
    summary="Drops repeated ids and texts equal up to case and white space",
    libraries=("xxhash",),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
)
