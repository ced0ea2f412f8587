"""Prompts that a posttrain mix would hold twice: of two documents with one prompt, the later is refused.

Memory: about 100 bytes per document more in every step of the mix, of posttrain alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.mix.phase_settings import PhaseConfig
from curation_lib.text.prompts import prompt_hash
from curation_lib.text.records import prompts, records_of


def prompt_column(batch: pa.RecordBatch, config: PhaseConfig) -> dict[str, pa.Array]:
    """`prompt`, the hash of each document's prompt, null where it has none: a column for key rows of posttrain."""
    if config.phase != "posttrain":
        return {}
    asked = prompts(records_of(batch)).to_pylist()
    return {"prompt": pa.array([None if one is None else prompt_hash(one) for one in asked], pa.string())}


def carried(rows: pa.Table) -> list[str]:
    """The columns that `without_repeats` reads of a partition, where the key rows have them."""
    return ["prompt", "doc_id"] if "prompt" in rows.column_names else []


def without_repeats(decision: pa.Table, partials: Sequence[pa.Table]) -> pa.Table:
    """The decision, in which of the documents taken that share a prompt only the first by shard and row stays; the
    others go by the rule `repeated_prompt`, score and threshold 1, with the first as their twin."""
    asked = [one.select(["shard", "row", "prompt", "doc_id"]) for one in partials if "prompt" in one.column_names]
    if not asked:
        return decision
    rows = pa.concat_tables(asked).filter(pc.field("prompt").is_valid())
    gone = decision.filter(pc.equal(decision.column("copies"), 0))
    taken = rows.filter(pa.array(~np.isin(_places(rows), _places(gone))))
    taken = taken.sort_by([(name, "ascending") for name in ("prompt", "shard", "row")]).combine_chunks()
    codes = taken.column("prompt").combine_chunks().dictionary_encode().indices.to_numpy()
    again = np.flatnonzero(np.diff(codes, prepend=-1) == 0)
    if not len(again):
        return decision
    first = np.maximum.accumulate(np.where(np.diff(codes, prepend=-1) != 0, np.arange(len(codes)), 0))
    repeated = taken.take(pa.array(again))
    same = pa.array(np.ones(len(again)))
    columns = {
        **{name: repeated.column(name) for name in ("shard", "row")},
        "copies": pa.array(np.zeros(len(again), np.uint32)),
        "rule": pa.array(["repeated_prompt"] * len(again)),
        "score": same,
        "threshold": same,
        "kept_twin": taken.column("doc_id").take(pa.array(first[again])).cast(pa.string()),
    }
    others = decision.filter(pa.array(~np.isin(_places(decision), _places(repeated))))
    return pa.concat_tables([others, pa.table(columns, schema=decision.schema)])


def _places(rows: pa.Table) -> np.ndarray:
    shard, row = (rows.column(name).to_numpy().astype(np.uint64) for name in ("shard", "row"))
    places: np.ndarray = shard << np.uint64(32) | row
    return places
