"""The greedy decision of semantic duplicates: the rule of `dedup.greedy`, by the cosine of two vectors.

Documents are visited in survivor order. One is dropped iff a document already kept, whose vector shares a cell
with its own, is at least `threshold` alike; the most similar such one, the earliest on a tie, is its twin. Released
documents come first, are kept whatever they resemble, and are not compared with each other.

Cost: a pair of distinct vectors is compared at most once and only if one of them was kept. Documents with one
vector cost a look-up each, so a million copies of a page cost a million look-ups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.vectors import Cells, Vectors, dot

Integers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


class Neighbours(NamedTuple):
    """n documents in survivor order with v distinct vectors, numbered as they first come up; none is zero.

    vector_of: int64[n], each document's vector. vectors: int8[v, d]. cells: uint16[v, b], where each lies in band b.
    released: how many documents at the head are kept unseen.
    """

    vector_of: Integers
    vectors: Vectors
    cells: Cells
    released: int = 0


def decide_greedily(found: Neighbours, threshold: float) -> tuple[Integers, Scores]:
    """`(twin, score)`: the kept document that each dropped one resembles, else -1, and their cosine."""
    width = int(found.cells.max(initial=0)) + 1
    out: tuple[Integers, Scores] = _decide(*found, _starts(found.cells, width), width, float(threshold))
    return out


@njit(nogil=True, cache=True)
def _starts(cells: Cells, width: int) -> Integers:
    """Where the leaders of cell c of band b begin, at b * width + c, if every vector of the cell were one."""
    starts = np.zeros(cells.shape[1] * width + 1, np.int64)
    for n in range(cells.shape[0]):
        for band in range(cells.shape[1]):
            starts[band * width + cells[n, band] + 1] += 1
    return np.cumsum(starts)


@njit(nogil=True, cache=True)
def _decide(
    vector_of: Integers,
    vectors: Vectors,
    cells: Cells,
    released: int,
    starts: Integers,
    width: int,
    threshold: float,
) -> tuple[Integers, Scores]:
    documents, (count, bands) = vector_of.shape[0], cells.shape
    squares = _squares(vectors)
    leaders = np.empty(count * bands, np.int32)  # of cell c: leaders[starts[c]:ends[c]], as kept, so ascending
    ends = starts[:-1].copy()
    keeper = np.full(count, -1, np.int64)  # the document that was kept with this vector
    compared_with = np.full(count, -1, np.int32)  # the last document that a leader was compared with
    best, best_score = np.full(count, -1, np.int64), np.zeros(count)
    seen = np.zeros(count, np.int64)  # leaders before this were compared with the vector
    twin, score = np.full(documents, -1, np.int64), np.zeros(documents)
    visited = 0  # vectors so far
    for document in range(documents):
        mine = vector_of[document]
        if document >= released and best_score[mine] < 1.0:
            for band in range(bands):
                cell = band * width + cells[mine, band]
                for n in range(ends[cell] - 1, starts[cell] - 1, -1):
                    leader = leaders[n]
                    if leader < seen[mine]:
                        break
                    if compared_with[leader] == document:
                        continue
                    compared_with[leader] = document
                    alike = dot(vectors[mine], vectors[leader]) / np.sqrt(squares[mine] * squares[leader])
                    nearer = alike > best_score[mine] or (alike == best_score[mine] and leader < best[mine])
                    if alike >= threshold and nearer:
                        best[mine], best_score[mine] = leader, alike
            visited = max(visited, mine + 1)
            seen[mine] = visited
        if best[mine] >= 0:
            if document >= released:
                twin[document], score[document] = keeper[best[mine]], best_score[mine]
            continue
        best[mine], best_score[mine], keeper[mine] = mine, 1.0, document
        for band in range(bands):
            cell = band * width + cells[mine, band]
            leaders[ends[cell]] = mine
            ends[cell] += 1
    return twin, score


@njit(nogil=True, cache=True)
def _squares(vectors: Vectors) -> Any:
    """float64[v]: whole numbers; a product of two is exact below 2**53, that is to 5,800 dimensions."""
    out = np.empty(vectors.shape[0], np.float64)
    for n in range(vectors.shape[0]):
        out[n] = dot(vectors[n], vectors[n])
    return out
