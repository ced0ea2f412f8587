"""Which of several documents stays: one order for every stage that removes duplicates."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.contract import SYNTHETIC

Ranks = npt.NDArray[np.int64]
Survivor = Literal["longest", "newest", "preferred_source", "smallest_id"]
FACTS = (
    pa.field("length", pa.int64()),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
    pa.field("source", pa.large_string()),
    pa.field("doc_id", pa.large_string()),
    pa.field("content_hash", pa.large_string()),
    pa.field("format", pa.large_string()),
)
"""What `ranks` and `survivor_order` read of a document; key rows that carry these serve every policy."""
READS = ("text", *(f.name for f in FACTS[1:]))
"""The columns of a document that FACTS come from."""
_PLACE, _MOST_SOURCES = 2**55, 100
"""Above its lower 55 bits a rank holds the place of the source, beyond all places where a generator wrote the document;
those bits hold the policy's number: bytes up to 1.8e16, times up to 570 years from 1970."""


class SurvivorConfig(StageConfig):
    """Who stays among duplicates: first of all a document that people wrote, before one of format `synthetic`.

    preferred_sources: a document of a source named earlier stays before one of a source named later or not at all.
    survivor: among equals by source, `longest` text in UTF-8 bytes, `newest` fetched_at (unknown is oldest),
        nothing more (`preferred_source`, which needs preferred_sources), or simply the `smallest_id`.
    Equals by both are told apart by the smallest doc_id.
    """

    survivor: Survivor = keep("longest")
    preferred_sources: tuple[str, ...] = keep((), max_length=_MOST_SOURCES)

    @model_validator(mode="after")
    def _sources_are_named(self) -> SurvivorConfig:
        if self.survivor == "preferred_source" and not self.preferred_sources:
            raise ValueError("survivor: preferred_source needs preferred_sources, the best one first")
        if len(set(self.preferred_sources)) < len(self.preferred_sources):
            raise ValueError("preferred_sources names a source twice; name each once")
        return self


def facts(documents: pa.RecordBatch) -> list[pa.Array]:
    """The columns FACTS of documents."""
    columns = [pc.binary_length(documents.column("text")), *(documents.column(f.name) for f in FACTS[1:])]
    return [column.cast(field.type) for column, field in zip(columns, FACTS, strict=True)]


def ranks(documents: pa.RecordBatch | pa.Table, config: SurvivorConfig) -> Ranks:
    """int64 per document by who wrote it, source and policy: the smaller stays. Documents may come as FACTS."""
    policy = np.clip(_policy(documents, config), -_PLACE // 2, _PLACE // 2 - 1)
    wanted = pa.array(config.preferred_sources, pa.string())
    place = _int64(pc.index_in(documents.column("source").cast(pa.string()), value_set=wanted), missing=len(wanted))
    generated = _int64(pc.equal(documents.column("format"), SYNTHETIC))
    return (place + generated * (_MOST_SOURCES + 1)) * _PLACE + policy


def _policy(documents: pa.RecordBatch | pa.Table, config: SurvivorConfig) -> Ranks:
    if config.survivor == "longest":
        known = "length" in documents.schema.names
        return -_int64(documents.column("length") if known else pc.binary_length(documents.column("text")))
    if config.survivor == "newest":
        return -_int64(documents.column("fetched_at").cast(pa.int64()), missing=-_PLACE)
    return np.zeros(documents.num_rows, np.int64)


def standing(documents: pa.RecordBatch, config: SurvivorConfig) -> pa.Table:
    """What `survivor_order` reads of each document: rank, doc_id, content_hash; about 80 bytes."""
    strings = {name: documents.column(name).cast(pa.large_string()) for name in ("doc_id", "content_hash")}
    return pa.table({"rank": ranks(documents, config), **strings})


def survivor_order(rows: pa.Table, *first: str) -> npt.NDArray[np.int64]:
    """Positions of `rows` sorted by the columns `first`, then in survivor order.

    Reads release where there is one, rank and doc_id and, for rows equal in these, content_hash where there is one,
    shard and row.
    """
    columns = [*first, "release", "rank", "doc_id", "content_hash", "shard", "row"]
    present = [(name, "ascending") for name in columns if name in rows.column_names]
    order: npt.NDArray[np.int64] = pc.sort_indices(rows, present).to_numpy().astype(np.int64)
    return order


def _int64(values: Any, missing: int = 0) -> Ranks:
    whole: Ranks = values.cast(pa.int64()).fill_null(missing).to_numpy(zero_copy_only=False)
    return whole
