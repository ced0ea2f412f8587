"""`dedup.exact`: a document id, or a text up to ASCII case and white space, stands once.

Documents are visited in survivor order. Rule `duplicate_id`: one whose doc_id a kept document has is dropped when
its content_hash equals that one's, else quarantined. Rule `duplicate_content`: of the others, one whose collapsed
text (see `text.collapse`) equals a kept document's is dropped. Candidates agree on 128 bits of xxh3; where their
content_hash differs, SHA-256 of the collapsed text decides. A twin is always kept. Both rules score 1,
the similarity of equal texts, against a threshold of 1.

Memory: `key` emits two rows of about 150 bytes per document, `partition` holds one partition's rows, `decide`
those of documents that share an id or a text and 80 bytes for each; text in memory is at most `reading.SPAN`
documents. Released documents count where they share with one that is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pyarrow as pa

from curation_lib.core.removals import apply_removals
from curation_lib.core.stage import OWN, Context, Group, Lookup
from curation_lib.dedup.decisions import Positions, contested, decision, firsts, gathered, heads, numbers
from curation_lib.dedup.reading import read
from curation_lib.dedup.released import ReleasedConfig, released
from curation_lib.dedup.survivors import FACTS, READS, facts, ranks, survivor_order
from curation_lib.dedup.visits import ID, STAYS, visited
from curation_lib.text.collapse import collapsed
from curation_lib.text.hashing import normalised_hashes, priority, slices

BY_ID, BY_CONTENT = 0, 1
ROWS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        pa.field("low", pa.uint64()),
        pa.field("kind", pa.uint8()),
        *FACTS,
    ]
)
"""Key rows: kind 0 is keyed by xxh3-64 of the doc_id, kind 1 by xxh3-128 of the collapsed text."""


class ExactConfig(ReleasedConfig):
    """Settings of `dedup.exact`: who stays, and the releases to compare with."""


def key(batch: pa.RecordBatch, config: ExactConfig, context: Context) -> pa.RecordBatch:
    """Two rows per document, see ROWS."""
    n = batch.num_rows
    high, low = normalised_hashes(batch.column("text"))
    columns = [
        np.tile(np.arange(n, dtype=np.uint32), 2),
        np.concatenate([priority(batch.column("doc_id"), 0), high]),
        np.concatenate([np.zeros(n, np.uint64), low]),
        np.repeat(np.array([BY_ID, BY_CONTENT], np.uint8), n),
        *(pa.concat_arrays([fact, fact]) for fact in facts(batch)),
    ]
    return pa.record_batch([pa.array(c) for c in columns], schema=ROWS)


def partition(rows: pa.Table, config: ExactConfig) -> pa.Table:
    """The rows whose key another row of their kind has too, in the order given."""
    keys = [numbers(rows, name) for name in ("low", "partition_key", "kind")]
    order = np.lexsort(keys)
    again = contested(firsts(*(k[order] for k in keys)), numbers(rows, "release")[order])
    return rows.take(pa.array(np.sort(order[again])))


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: ExactConfig) -> pa.Table:
    """Every document that shares an id or a text, visited once."""
    rows = gathered(partials, ROWS)
    _, first, document = np.unique(_places(rows), return_index=True, return_inverse=True)
    documents = rows.take(pa.array(first))
    by_content = numbers(rows, "kind") == BY_CONTENT
    texts = np.arange(len(first))  # a text that no other has is its own
    texts[document[by_content]] = _texts(rows.filter(pa.array(by_content)), lookup)
    order = survivor_order(documents.append_column("rank", pa.array(ranks(documents, config))))
    head = int(np.count_nonzero(numbers(documents, "release") != OWN))
    ids, content = numbers(documents, "doc_id"), numbers(documents, "content_hash")
    why, twin = visited(order, head, ids, texts)
    gone = np.flatnonzero(why != STAYS)
    differs = (why[gone] == ID) & (content[gone] != content[twin[gone]])
    return decision(
        documents.take(pa.array(gone)),
        rule=np.where(why[gone] == ID, "duplicate_id", "duplicate_content"),
        score=pa.array(np.ones(len(gone)), mask=differs),
        threshold=1.0,
        kept_twin=documents.column("doc_id").take(pa.array(twin[gone])),
        quarantine=differs,
    )


def _texts(rows: pa.Table, lookup: Lookup) -> Positions:
    """A number from 2^32 per row, equal for equal collapsed texts.

    Within a group of rows with one key, one document per content_hash is read and digested; none where all have one.
    """
    keys = [numbers(rows, name) for name in ("content_hash", "low", "partition_key")]
    order = np.lexsort(keys)
    hashes, low, high = (k[order] for k in keys)
    begins = firsts(high, low)
    group, single = np.cumsum(begins, dtype=np.int64), firsts(high, low, hashes)
    mixed = np.bincount(group, weights=single)[group] > 1
    ask = order[single & mixed]
    text = np.zeros(len(order), np.int64)
    text[ask] = _codes(_digests(rows.take(pa.array(ask)), lookup))
    text[order] = text[order[heads(single)]] | group << 32
    return text


def _codes(digests: list[bytes]) -> list[int]:
    """From 1, equal for equal digests."""
    codes = {value: n for n, value in enumerate(sorted(set(digests)), 1)}
    return [codes[digest] for digest in digests]


def _digests(rows: pa.Table, lookup: Lookup) -> list[bytes]:
    """SHA-256 of each row's collapsed text."""
    shard, row = numbers(rows, "shard"), numbers(rows, "row")
    order = np.lexsort([row, shard])
    found = [b""] * len(order)
    for start, batch in read(shard[order], row[order], lookup):
        for n, piece in enumerate(slices(*collapsed(batch.column("text"))), start):
            found[order[n]] = sha256(piece).digest()
    return found


def _places(rows: pa.Table) -> Positions:
    places: Positions = numbers(rows, "shard").astype(np.int64) << 32 | numbers(rows, "row").astype(np.int64)
    return places


STAGE = Group(
    name="dedup.exact",
    version=5,
    config=ExactConfig,
    summary="Drops repeated ids and texts equal up to case and white space",
    libraries=("xxhash",),
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
    reads=READS,
    released=released,
)
