"""Verified comparisons as a column of the decision: from there they go to the ledger's edges."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from curation_lib.dedup.decisions import Positions
from curation_lib.dedup.greedy import Verified


def also_like(rows: pa.Table, dropped: Positions, verified: Verified) -> pa.Array:
    """The decision's column `also_like` for the documents `dropped` of `rows`, both by number and ascending.

    Each row lists what the document is like beside its twin, by doc_id.
    """
    edges = verified.edges
    further = edges[:, 1] != verified.twin[edges[:, 0]]
    document, leader = edges[further].T
    found = {
        "document": pa.array(document),
        "twin": rows.column("doc_id").take(pa.array(leader)).cast(pa.string()),
        "similarity": pa.array(verified.alike[further]),
    }
    table = pa.table(found).sort_by([("document", "ascending"), ("twin", "ascending"), ("similarity", "ascending")])
    ends = np.searchsorted(table.column("document").to_numpy(), [*dropped, len(rows)]).astype(np.int32)
    links = table.select(["twin", "similarity"]).combine_chunks().to_struct_array().combine_chunks()
    return pa.ListArray.from_arrays(pa.array(ends), links)
