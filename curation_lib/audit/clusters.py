"""Clusters of like documents: connected components of the ledger's edges. They are counted, never used to delete.

With A ~ B ~ C and A unlike C, A and C are kept and yet in one cluster. Released documents count as kept.

Memory: the edges as Arrow strings, and 40 bytes per edge and document.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]
LARGEST, SAMPLES = 10, 5
"""How many clusters are shown one by one, and how many dropped documents of each."""


class Clusters(NamedTuple):
    """Clusters by number, the largest first, then by their smallest doc_id.

    edges: the table given, with `cluster` beside it. kept, dropped: int64 per cluster, how many documents.
    """

    edges: pa.Table
    kept: Integers
    dropped: Integers

    @property
    def sizes(self) -> Integers:
        return self.kept + self.dropped


def clustered(edges: pa.Table, dropped: pa.Table) -> Clusters:
    """Clusters of `edges` (doc_id, twin, …). `dropped` has a row with `doc_id` for every dropped document that has a
    twin: a repeated id counts as often as it was dropped, though the id itself may be kept."""
    ends = [chunk for name in ("doc_id", "twin") for chunk in edges.column(name).chunks]
    ids = pc.unique(pa.chunked_array(ends, pa.string()))
    ids = ids.take(pc.sort_indices(ids))
    at, twin = _positions(edges.column("doc_id"), ids), _positions(edges.column("twin"), ids)
    cluster = components(at, twin, len(ids))  # named by their smallest doc_id; the other names stand for none
    kept = np.bincount(cluster[np.unique(twin)], minlength=len(ids))
    gone = np.bincount(cluster[_positions(dropped.column("doc_id"), ids)], minlength=len(ids))
    order = np.argsort(-(kept + gone), kind="stable")[: np.count_nonzero(kept)]
    number = np.empty(len(ids), np.int64)
    number[order] = np.arange(len(order))
    return Clusters(edges.append_column("cluster", pa.array(number[cluster[at]])), kept[order], gone[order])


def components(a: Integers, b: Integers, nodes: int) -> Integers:
    """int64[nodes]: the smallest node that edges (a[i], b[i]) lead to, from each node.

    Hooks roots to smaller ones and shortens every path, in turn, until no edge joins two (Shiloach, Vishkin 1982).
    """
    parent = np.arange(nodes)
    while True:
        high, low = np.maximum(parent[a], parent[b]), np.minimum(parent[a], parent[b])
        if np.array_equal(high, low):
            return parent
        np.minimum.at(parent, high, low)
        while not np.array_equal(parent, parent[parent]):
            parent = parent[parent]


def distribution(sizes: Integers) -> list[dict[str, int]]:
    """How many clusters, and documents in them, there are of each size: 2, 3-4, 5-8, 9-16 and so on."""
    rows, low, high = [], 2, 2
    while len(sizes) and low <= sizes.max():
        inside = sizes[(sizes >= low) & (sizes <= high)]
        rows.append({"from": low, "to": high, "clusters": len(inside), "documents": int(inside.sum())})
        low, high = high + 1, 2 * high
    return rows


def largest(clusters: Clusters) -> list[dict[str, Any]]:
    """The largest clusters: size, leader (the kept document that most dropped ones are like, the smallest doc_id on a
    tie) and the dropped documents least like it, each with its similarity."""
    edges = clusters.edges.filter(pc.less(clusters.edges.column("cluster"), LARGEST))
    return [_shown(clusters, n, edges) for n in range(min(LARGEST, len(clusters.kept)))]


def _shown(clusters: Clusters, number: int, edges: pa.Table) -> dict[str, Any]:
    mine = edges.filter(pc.equal(edges.column("cluster"), number))
    counts = mine.group_by("twin").aggregate([("doc_id", "count")])
    leader = counts.sort_by([("doc_id_count", "descending"), ("twin", "ascending")]).column("twin")[0]
    like = mine.filter(pc.equal(mine.column("twin"), leader)).select(["doc_id", "similarity"])
    like = like.group_by("doc_id").aggregate([("similarity", "min")]).rename_columns(["doc_id", "similarity"])
    like = like.sort_by([("similarity", "ascending"), ("doc_id", "ascending")])
    return {
        "size": int(clusters.sizes[number]),
        "kept": int(clusters.kept[number]),
        "dropped": int(clusters.dropped[number]),
        "leader": leader.as_py(),
        "samples": like.slice(0, SAMPLES).to_pylist(),
    }


def _positions(values: pa.ChunkedArray, ids: pa.Array) -> Integers:
    found: Integers = pc.index_in(values, value_set=ids).to_numpy().astype(np.int64)
    return found
