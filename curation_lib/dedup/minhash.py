"""`dedup.minhash`: of documents whose sets of k-word shingles are alike, the first in survivor order stays.

Candidates share a band of their MinHash signature (Broder 1997; Leskovec, Rajaraman, Ullman 3.4); the true
Jaccard similarity of their sets of 64-bit shingle hashes decides (`dedup.greedy`), or by `similarity: containment`
the share of the dropped one's set that the kept one holds. Rule `near_duplicate`; the score is the similarity to the
kept twin. Shingles may be of characters instead (`shingle`). A document without one is never a near-duplicate.

With 14 bands of 8 rows a pair of similarity 0.7 is found with probability 0.56, 0.8 with 0.92, 0.9 with
0.9996: pairs above the threshold that share no band both stay.

Memory: the shuffle carries 16 bytes per band and document (224 at 14 bands). `decide` holds up to 60 bytes per band
that a document shares with another, 300 per such document and 150 per pair that it found alike. Shingle sets (8 bytes
per distinct shingle of each distinct set) lie on disk; of those, `spill_bytes` are in memory. Released documents
count where they share a band with one that is judged. Text in memory is at most `reading.SPAN` documents; shingles of
characters take eight times their text besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from curation_lib.core.config import keep, locate
from curation_lib.core.removals import apply_removals
from curation_lib.core.stage import OWN, Context, Group, Lookup
from curation_lib.dedup.components import decide_by_component
from curation_lib.dedup.decisions import contested, decision, firsts, gathered, numbers
from curation_lib.dedup.greedy import Candidates
from curation_lib.dedup.links import also_like
from curation_lib.dedup.presets import Preset, Shingle, resolved
from curation_lib.dedup.reading import read
from curation_lib.dedup.released import ReleasedConfig, released
from curation_lib.dedup.shingle_sets import ShingleSets
from curation_lib.dedup.survivors import READS, ranks, survivor_order
from curation_lib.text.bands import band_keys, pairs
from curation_lib.text.buffers import Column, Hashes, Offsets
from curation_lib.text.character_shingles import character_shingles
from curation_lib.text.minhash import signatures
from curation_lib.text.shingles import shingle_hashes, shingle_sets
from curation_lib.text.words import word_hashes

ROWS = pa.schema([pa.field("row", pa.uint32()), pa.field("partition_key", pa.uint64())])
"""Key rows: one per band and document; the partition key is the band's, mixed with its number."""


class MinHashConfig(ReleasedConfig):
    """Settings of `dedup.minhash`.

    preset: the next four settings as `presets.PRESETS` has them, but for those that are given. shingle: a run of
    `words` or of `characters`; ngram: how many. bands, rows: of the signature, rows in each band. similarity:
    `jaccard`, or `containment`, the share of the dropped document's shingles that the kept one holds. threshold: the
    least similarity of a near-duplicate. seed: of the permutations. spill_bytes: shingle sets in memory at a time.
    """

    preset: Preset | None = None
    shingle: Shingle = "words"
    ngram: int = Field(5, ge=1, le=64)
    bands: int = Field(14, ge=1, le=256)
    rows: int = Field(8, ge=1, le=64)
    similarity: Literal["jaccard", "containment"] = keep("jaccard")
    threshold: float = keep(0.7, ge=0, le=1)
    seed: int = Field(1, ge=0, lt=2**32)
    spill_bytes: int = locate(2**23, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _preset_is_resolved(cls, given: Any) -> Any:
        return resolved(given)


def key(batch: pa.RecordBatch, config: MinHashConfig, context: Context) -> pa.RecordBatch:
    """One row per band of each document that has words, see ROWS."""
    documents, keys = _keys(batch.column("text"), config)
    rows = np.repeat(documents.astype(np.uint32), config.bands)
    return pa.record_batch([pa.array(rows), pa.array(keys.ravel())], schema=ROWS)


def candidate_pairs(texts: Column, config: MinHashConfig) -> npt.NDArray[np.int64]:
    """int64[pairs, 2], i < j: documents that `decide` may compare. Quadratic in copies of one text."""
    documents, keys = _keys(texts, config)
    return documents[pairs(keys)]


def partition(rows: pa.Table, config: MinHashConfig) -> pa.Table:
    """The rows of buckets with at least two documents, one of which is to be judged."""
    keys, shard, row = (numbers(rows, name) for name in ("partition_key", "shard", "row"))
    rows = rows.filter(pa.array(firsts(keys, shard, row)))
    return rows.filter(pa.array(contested(firsts(numbers(rows, "partition_key")), numbers(rows, "release"))))


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: MinHashConfig) -> pa.Table:
    """Read the documents that share a bucket, once each, and judge them in survivor order."""
    with ShingleSets() as sets:
        found, documents = _candidates(partials, lookup, config, sets)
        contained = config.similarity == "containment"
        verified = decide_by_component(found, sets, config.threshold, contained, config.spill_bytes)
    dropped = np.flatnonzero(verified.twin >= 0)
    return decision(
        documents.take(pa.array(dropped)),
        rule="near_duplicate",
        score=verified.score[dropped],
        threshold=config.threshold,
        kept_twin=documents.column("doc_id").take(pa.array(verified.twin[dropped])),
        also_like=also_like(documents, dropped, verified),
    )


def _candidates(
    partials: Sequence[pa.Table], lookup: Lookup, config: MinHashConfig, sets: ShingleSets
) -> tuple[Candidates, pa.Table]:
    """The documents that share a bucket, read once each, and what the order of survival needs of them."""
    places, release, buckets, edges = _buckets(gathered(partials, ROWS))
    documents, set_of = _read(places, lookup, config, sets)
    order = survivor_order(documents.append_column("release", pa.array(release)))
    return Candidates(order, set_of, buckets, edges, int(np.count_nonzero(release != OWN))), documents


def _buckets(rows: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any], npt.NDArray[np.int32], Offsets]:
    """`(places, release, buckets, edges)`: documents, ascending, and the buckets each is in. `rows` have every
    bucket's side by side."""
    where = _places(rows)
    places = np.unique(where)
    document = np.searchsorted(places, where).astype(np.int32)
    release = np.empty(len(places), np.uint16)
    release[document] = numbers(rows, "release")
    bucket = np.cumsum(firsts(numbers(rows, "partition_key")), dtype=np.int32) - np.int32(1)
    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(document, minlength=len(places)))])
    return places, release, bucket[np.argsort(document, kind="stable")], edges


def _keys(texts: Column, config: MinHashConfig) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Numbers of the documents with words, and their band keys, uint64[documents, bands]."""
    shingles, offsets = _shingles(texts, config)
    some = np.flatnonzero(np.diff(offsets))
    signed = signatures(shingles, offsets, config.bands * config.rows, config.seed)
    return some, band_keys(signed, config.bands)[some]


def _shingles(texts: Column, config: MinHashConfig) -> tuple[Hashes, Offsets]:
    if config.shingle == "characters":
        return character_shingles(texts, config.ngram)
    return shingle_hashes(*word_hashes(texts), config.ngram)


def _places(rows: pa.Table) -> npt.NDArray[np.int64]:
    where: npt.NDArray[np.int64] = numbers(rows, "shard").astype(np.int64) << 32
    return where | numbers(rows, "row").astype(np.int64)


def _read(
    places: npt.NDArray[np.int64], lookup: Lookup, config: MinHashConfig, sets: ShingleSets
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """What the order of survival needs of each document, and the number of its shingle set."""
    shard, row = places >> 32, places & 0xFFFFFFFF
    set_of = [np.zeros(0, np.int64)]
    columns: dict[str, list[Any]] = {"rank": [np.zeros(0, np.int64)], "doc_id": [], "content_hash": []}
    for _, batch in read(shard, row, lookup):
        set_of.append(sets.add(*shingle_sets(*_shingles(batch.column("text"), config))))
        columns["rank"].append(ranks(batch, config))
        for name in ("doc_id", "content_hash"):
            columns[name].append(batch.column(name).cast(pa.large_string()))
    strings = {n: pa.chunked_array(columns[n], pa.large_string()) for n in ("doc_id", "content_hash")}
    table = {"shard": shard, "row": row, "rank": np.concatenate(columns["rank"]), **strings}
    return pa.table(table), np.concatenate(set_of)


STAGE = Group(
    name="dedup.minhash",
    version=4,
    config=MinHashConfig,
    summary="Drops documents whose shingles resemble those of a kept one",
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
    reads=READS,
    released=released,
)
