"""Documents taken out with their twins: the decision of a dedup stage, and what becomes of a batch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import LINKS, Bad, Context, Result
from curation_lib.core.taken import Drop

DECISION = pa.schema(
    [
        pa.field("shard", pa.uint32(), nullable=False),
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("kept_twin", pa.string()),
        pa.field("texts_compared", pa.bool_(), nullable=False),
        pa.field("quarantine", pa.bool_(), nullable=False),
        pa.field("also_like", pa.list_(pa.struct({"twin": pa.string(), "similarity": pa.float64()}))),
    ]
)
"""The decision of a dedup stage, which `apply_removals` understands. `score` is the similarity to kept_twin, that of
the texts where `texts_compared`, null where the document is quarantined; `also_like` holds the other kept documents
that are similar enough."""


def apply_removals(batch: pa.RecordBatch, decision: pa.Table, config: StageConfig, context: Context) -> Result:
    """Take the decision's rows out of `batch`: dropped with their twin, or quarantined where it says so."""
    stays = np.ones(batch.num_rows, bool)
    stays[decision.column("row").to_numpy()] = False
    bad = decision.filter(decision.column("quarantine"))
    gone = decision.filter(pc.invert(decision.column("quarantine")))
    dropped = (gone.column(name).to_pylist() for name in ("row", "rule", "score", "threshold", "kept_twin"))
    refused = (bad.column(name).to_pylist() for name in ("row", "rule", "kept_twin"))
    return Result(
        batch.filter(pa.array(stays)),
        [Drop(row, rule, score, limit, kept_twin=twin) for row, rule, score, limit, twin in zip(*dropped, strict=True)],
        bad=[Bad(row, f"{rule}: {twin} has other content") for row, rule, twin in zip(*refused, strict=True)],
        links=_links(gone),
    )


def _links(gone: pa.Table) -> pa.RecordBatch:
    """LINKS of every row to its twin, then to what it is like besides, by row."""
    gone = gone.filter(pc.is_valid(gone.column("kept_twin")))
    also = gone.column("also_like").combine_chunks()
    more = pc.list_flatten(also)
    row = gone.column("row").cast(pa.int64()).combine_chunks()
    similarity = pc.if_else(gone.column("texts_compared"), gone.column("score"), pa.scalar(None, pa.float64()))
    columns = [
        pa.concat_arrays([row, row.take(pc.list_parent_indices(also))]),
        pa.concat_arrays([gone.column("kept_twin").combine_chunks(), more.field("twin")]),
        pa.concat_arrays([similarity.combine_chunks(), more.field("similarity")]),
    ]
    order = np.argsort(columns[0].to_numpy(), kind="stable")
    return pa.RecordBatch.from_arrays(columns, schema=LINKS).take(pa.array(order))
