"""Which of several documents stays: one order for every stage that removes duplicates."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.config import StageConfig

Ranks = npt.NDArray[np.int64]
Survivor = Literal["longest", "newest", "preferred_source", "smallest_id"]
_LAST = np.iinfo(np.int64).max


class SurvivorConfig(StageConfig):
    """Who stays among duplicates; equals are told apart by the smallest doc_id.

    survivor: `longest` text in UTF-8 bytes, `newest` fetched_at (unknown is oldest), the `preferred_source`
        named first in preferred_sources (others come last), or simply the `smallest_id`.
    """

    survivor: Survivor = "longest"
    preferred_sources: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sources_are_named(self) -> SurvivorConfig:
        if (self.survivor == "preferred_source") != bool(self.preferred_sources):
            raise ValueError("set survivor: preferred_source and preferred_sources together, or neither")
        return self


def ranks(documents: pa.RecordBatch, config: SurvivorConfig) -> Ranks:
    """int64 per document by the policy alone: the smaller stays."""
    if config.survivor == "longest":
        return -_int64(pc.binary_length(documents.column("text")))
    if config.survivor == "newest":
        return -_int64(documents.column("fetched_at").cast(pa.int64()), missing=-_LAST)
    if config.survivor == "preferred_source":
        wanted = pa.array(config.preferred_sources, pa.string())
        return _int64(pc.index_in(documents.column("source"), value_set=wanted), missing=_LAST)
    return np.zeros(documents.num_rows, np.int64)


def standing(documents: pa.RecordBatch, config: SurvivorConfig) -> pa.Table:
    """What `survivor_order` reads of each document: rank, doc_id, content_hash; about 80 bytes."""
    strings = {name: documents.column(name).cast(pa.large_string()) for name in ("doc_id", "content_hash")}
    return pa.table({"rank": ranks(documents, config), **strings})


def survivor_order(rows: pa.Table, *first: str) -> npt.NDArray[np.int64]:
    """Positions of `rows` sorted by the columns `first`, then in survivor order.

    Reads rank and doc_id and, for rows equal in both, content_hash where there is one, shard and row.
    """
    columns = [*first, "rank", "doc_id", "content_hash", "shard", "row"]
    present = [(name, "ascending") for name in columns if name in rows.column_names]
    order: npt.NDArray[np.int64] = pc.sort_indices(rows, present).to_numpy().astype(np.int64)
    return order


def _int64(values: Any, missing: int = 0) -> Ranks:
    whole: Ranks = values.cast(pa.int64()).fill_null(missing).to_numpy(zero_copy_only=False)
    return whole
