"""Documents that share no bucket, directly or through others, are judged apart: a few components at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.dedup.greedy import Candidates, Verified, decide_greedily
from curation_lib.dedup.shingle_sets import ShingleSets
from curation_lib.text.buffers import Offsets

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]


def decide_by_component(found: Candidates, sets: ShingleSets, threshold: float, contained: bool, most: int) -> Verified:
    """What `decide_greedily` says of all documents, with at most `most` bytes of shingle sets in memory.

    A component with more than that is judged alone, its sets mapped from their file.
    """
    documents = len(found.order)
    twin, score = np.full(documents, -1, np.int64), np.zeros(documents)
    edges, alike = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    released = np.zeros(documents, np.bool_)
    released[found.order[: found.released]] = True
    for order in _packs(found, sets.sizes(), most):
        mine, part, numbers = _alone(found, order, released)
        verified = decide_greedily(part, sets.take(numbers, most), threshold, contained)
        some = verified.twin >= 0
        twin[mine[some]], score[mine[some]] = mine[verified.twin[some]], verified.score[some]
        edges.append(mine[verified.edges])
        alike.append(verified.alike)
    return Verified(twin, score, np.concatenate(edges), np.concatenate(alike))


def _packs(found: Candidates, sizes: Integers, most: int) -> Iterator[Integers]:
    """Documents in survivor order, in packs of whole components whose sets have about `most` bytes in all."""
    component = components(found.buckets, found.edges)
    owner = np.full(len(sizes), -1, np.int64)
    owner[found.set_of] = component  # documents with one set are in one component
    weight = np.bincount(owner, weights=sizes, minlength=len(component)).astype(np.float64)
    pack = _filled(weight, float(most))[component][found.order]
    by_pack = np.argsort(pack, kind="stable")
    ends = np.searchsorted(pack[by_pack], np.arange(1, pack.max(initial=-1) + 1))
    return iter(np.split(found.order[by_pack], ends)) if len(component) else iter(())


def _alone(
    found: Candidates, order: Integers, released: npt.NDArray[np.bool_]
) -> tuple[Integers, Candidates, Integers]:
    """Documents of a pack ascending, their candidates by numbers of their own, and which sets those mean."""
    mine = np.sort(order)
    numbers, set_of = np.unique(found.set_of[mine], return_inverse=True)
    lengths = found.edges[mine + 1] - found.edges[mine]
    ends = np.cumsum(lengths)
    at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(found.edges[mine] - (ends - lengths), lengths)
    buckets = np.unique(found.buckets[at], return_inverse=True)[1].astype(np.int32)
    edges = np.concatenate([np.zeros(1, np.int64), ends])
    local = np.searchsorted(mine, order)
    return mine, Candidates(local, set_of, buckets, edges, int(released[mine].sum())), numbers


@njit(nogil=True, cache=True)
def components(buckets: Numbers, edges: Offsets) -> Numbers:
    """int32 per document: the smallest document that shared buckets lead to (union-find with path halving)."""
    documents = edges.shape[0] - 1
    parent = np.arange(documents).astype(np.int32)
    first = np.full(buckets.max() + 1 if buckets.shape[0] else 0, -1, np.int32)
    for document in range(documents):
        for e in range(edges[document], edges[document + 1]):
            if first[buckets[e]] < 0:
                first[buckets[e]] = document
                continue
            a, b = _root(parent, first[buckets[e]]), _root(parent, document)
            parent[max(a, b)] = min(a, b)
    for document in range(documents):
        parent[document] = _root(parent, document)
    return parent


@njit(nogil=True, cache=True)
def _root(parent: Numbers, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(nogil=True, cache=True)
def _filled(weight: npt.NDArray[np.float64], most: float) -> Numbers:
    """int32 per component: its pack, the next one where the last has no room."""
    pack, held, number = np.zeros(weight.shape[0], np.int32), 0.0, 0
    for component in range(weight.shape[0]):
        if held > 0 and held + weight[component] > most:
            number, held = number + 1, 0.0
        held += weight[component]
        pack[component] = number
    return pack
