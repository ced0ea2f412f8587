"""`dedup.semantic`: of documents whose embeddings are alike, the first in survivor order stays.

A document is dropped (rule `semantic_duplicate`, score: the cosine) iff a kept document whose vector shares a
cell with its own is at least `threshold` alike; the most similar one is its twin (`dedup.nearest`). Random
hyperplanes cut the cells: at the angle t, two vectors share one of b cells of r bits with probability
1 - (1 - (1 - t / pi)^r)^b. With 60 cells of 14 bits that is 0.994 at the cosine 0.87, 0.9993 at 0.9. Cells do not
depend on the corpus, as trained clusters would: documents that come later change nothing for those before.

Vectors are whole numbers of 8 bits and their products exact, so that neither batches, workers nor threads show.
Documents without a word are never duplicates.

Memory: the shuffle carries about 370 bytes per document at 256 dimensions: the vector, `doc_id`, `content_hash`,
source and numbers. `decide` takes up to 2 kB per document and 60 MB, however long the texts are, for it joins and
sorts these rows (three times 370) and holds the distinct vectors with 6 bytes a cell. No text is read again. Time
grows with pairs of kept documents that share a cell: of unrelated pages, whose cosine is about 0.1, that is 0.9%.
Released documents count like others, but are not compared with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from curation_lib.core.config import keep, locate
from curation_lib.core.removals import apply_removals
from curation_lib.core.stage import OWN, Context, Group, Lookup
from curation_lib.dedup.decisions import decision, gathered, numbers
from curation_lib.dedup.nearest import Neighbours, decide_greedily
from curation_lib.dedup.released import ReleasedConfig, released
from curation_lib.dedup.sentence_vectors import REMEDY, load_model, vectors
from curation_lib.dedup.survivors import FACTS, READS, facts, ranks, survivor_order
from curation_lib.text.bands import pairs
from curation_lib.text.buffers import Column, arrow_buffers
from curation_lib.text.fasttext_files import check_kind
from curation_lib.text.hashing import priority
from curation_lib.text.vectors import MOST_BITS, Vectors, cells

ROWS = pa.schema(
    [
        pa.field("row", pa.uint32()),
        pa.field("partition_key", pa.uint64()),
        *FACTS,
        pa.field("vector", pa.large_binary()),
    ]
)
"""Key rows: one per document with words; `vector` holds one signed byte per dimension and keys the row."""


class SemanticConfig(ReleasedConfig):
    """Settings of `dedup.semantic`.

    threshold: least cosine of a duplicate. bands, bits: cells a vector lies in, hyperplanes around each. seed: of
    the hyperplanes. max_words: of each document, from its start, that its vector is made from. model: path of a
    fastText model, whose cosines ask for a threshold of their own; without it the lexical embedding.
    """

    threshold: float = keep(0.87, gt=0, le=1)
    bands: int = keep(60, ge=1, le=1024)
    bits: int = keep(14, ge=1, le=MOST_BITS)
    seed: int = keep(1, ge=0, lt=2**32)
    max_words: int = Field(100_000, ge=1)
    model: str | None = locate(None)

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, path: str | None) -> str | None:
        if path is None:
            return None
        whole = Path(path).expanduser().resolve()
        check_kind(whole, REMEDY)
        return str(whole)

    @model_validator(mode="after")
    def _threshold_suits_the_model(self) -> SemanticConfig:
        if self.model is not None and "threshold" not in self.model_fields_set:
            raise ValueError("a `model` needs a `threshold` of its own: look at pairs of documents to choose it")
        return self


def load(config: SemanticConfig) -> Any:
    return None if config.model is None else load_model(config.model)


def model_files(config: SemanticConfig) -> list[str]:
    return [] if config.model is None else [config.model]


def key(batch: pa.RecordBatch, config: SemanticConfig, context: Context) -> pa.RecordBatch:
    """One row per document that has words, see ROWS."""
    made = vectors(batch.column("text"), config.max_words, context.model)
    some = np.flatnonzero(made.any(axis=1))
    batch = batch.take(pa.array(some))
    packed = pa.array(map(bytes, made[some]), pa.large_binary())
    columns = [pa.array(some.astype(np.uint32)), priority(packed, 0), *facts(batch), packed]
    return pa.record_batch(columns, schema=ROWS)


def partition(rows: pa.Table, config: SemanticConfig) -> pa.Table:
    """The rows as they are: any document may resemble any other."""
    return rows


def decide(partials: Sequence[pa.Table], lookup: Lookup, config: SemanticConfig) -> pa.Table:
    """Judge all documents in survivor order by their vectors; no text is read."""
    rows = gathered(partials, ROWS)
    rows = rows.take(pa.array(survivor_order(rows.append_column("rank", pa.array(ranks(rows, config))))))
    head = int(np.count_nonzero(numbers(rows, "release") != OWN))
    vector_of, distinct = _numbered(rows.column("vector"))
    around = cells(distinct, config.bands, config.bits, config.seed)
    twin, score = decide_greedily(Neighbours(vector_of, distinct, around, head), config.threshold)
    dropped = twin >= 0
    return decision(
        rows.filter(pa.array(dropped)),
        rule="semantic_duplicate",
        score=score[dropped],
        threshold=config.threshold,
        kept_twin=rows.column("doc_id").take(pa.array(twin[dropped])),
    )


def candidate_pairs(texts: Column, config: SemanticConfig, model: Any = None) -> npt.NDArray[np.int64]:
    """int64[pairs, 2], i < j: texts that `decide` may compare. Quadratic in texts that share a cell."""
    made = vectors(texts, config.max_words, model)
    some = np.flatnonzero(made.any(axis=1))
    around = cells(made[some], config.bands, config.bits, config.seed).astype(np.uint64)
    return some[pairs(around + np.arange(config.bands, dtype=np.uint64) * np.uint64(2**MOST_BITS))]


def _numbered(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], Vectors]:
    """The number of each row's vector, and the distinct vectors, int8[v, dimensions], as they first come up."""
    encoded = pa.concat_arrays([*column.chunks, pa.nulls(0, column.type)]).dictionary_encode()
    data, offsets = arrow_buffers(encoded.dictionary)
    packed, count = data[offsets[0] : offsets[-1]].view(np.int8), len(encoded.dictionary)
    return encoded.indices.to_numpy().astype(np.int64), packed.reshape(count, len(packed) // max(count, 1))


STAGE = Group(
    name="dedup.semantic",
    version=3,
    config=SemanticConfig,
    summary="Drops documents whose embeddings resemble that of a kept one",
    libraries=("fasttext-community", "numpy", "xxhash"),
    load=load,
    model_files=model_files,
    key=key,
    partition=partition,
    decide=decide,
    apply=apply_removals,
    reads=READS,
    released=released,
)
