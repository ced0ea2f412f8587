"""The greedy decision of near-duplicate removal, as one compiled pass.

Documents are visited in survivor order. One is dropped iff a document already kept in one of its buckets is
at least `threshold` alike; the most similar such one, the earliest on a tie, is its twin. So a chain
A ~ B ~ C loses B only, when A and C differ. Released documents are visited first, are kept whatever they
resemble, and are not compared with each other.

Every pair that reached the threshold is handed back beside the twin: a dropped document and each one kept before it
in its buckets. A copy of a kept document's set has that one pair only. So the pairs of a document depend on what was
kept, not on what was dropped: they are the same where others like it were dropped from an earlier release.

Cost: a pair of distinct sets is compared at most once and only if one of them was kept, so a million copies
of a page cost a million look-ups. A bucket of m documents alike in a band only still costs m * m / 2. Memory: 56
bytes per document, 48 per set and 16 per bucket of a document; 32 per pair that reached the threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.dedup.shingle_sets import Sets
from curation_lib.text.buffers import Hashes, Offsets
from curation_lib.text.shingles import containment, jaccard

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float64]


class Candidates(NamedTuple):
    """n documents, b buckets; documents and buckets by number.

    order: int64[n], documents in survivor order. buckets: int32. set_of: int64[n], each one's shingle set.
    buckets, edges: the buckets of document d are buckets[edges[d]:edges[d + 1]]. Documents with one set are
    in the same buckets. released: how many documents at the head of `order` are kept unseen.
    """

    order: Integers
    set_of: Integers
    buckets: Numbers
    edges: Offsets
    released: int = 0


class Verified(NamedTuple):
    """What comparing came to.

    twin: int64[n], the kept document that each dropped one resembles most, else -1. score: float64[n], how much.
    edges: int64[e, 2], a dropped document and a kept one that reached the threshold. alike: float64[e], how much.
    """

    twin: Integers
    score: Scores
    edges: Integers
    alike: Scores


def decide_greedily(found: Candidates, sets: Sets, threshold: float, contained: bool = False) -> Verified:
    """Judge every document by its shingle set.

    contained: how much of the dropped document the kept one holds counts, instead of their Jaccard.
    """
    sizes = np.bincount(found.buckets, minlength=1)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    twin, score, met, owners, like, alike = _decide(*found, starts, *sets, float(threshold), contained)
    return Verified(twin, score, *_of_documents(found.set_of, met, owners, like, alike))


def _of_documents(
    set_of: Integers, met: Integers, sets: Integers, leaders: Integers, alike: Scores
) -> tuple[Integers, Scores]:
    """Edges of documents from those of sets, in the order of finding: document d has the first met[d] of its set."""
    order = np.argsort(sets, kind="stable")
    first = np.searchsorted(sets[order], set_of)
    document = np.repeat(np.arange(len(met)), met)
    nth = np.arange(len(document)) - np.repeat(np.cumsum(met) - met, met)
    at = order[first[document] + nth]
    return np.stack([document, leaders[at]], axis=1), alike[at]


@njit(nogil=True, cache=True)
def _decide(
    order: Integers,
    set_of: Integers,
    buckets: Numbers,
    edges: Offsets,
    released: int,
    starts: Offsets,
    values: Hashes,
    begins: Offsets,
    ends: Offsets,
    threshold: float,
    contained: bool,
) -> tuple[Integers, Scores, Integers, Integers, Integers, Scores]:
    documents, sets = order.shape[0], begins.shape[0]
    leaders = np.empty(buckets.shape[0], np.int64)  # of bucket b: leaders[starts[b]:][:count[b]], as kept
    count = np.zeros(starts.shape[0], np.int64)
    kept_as = np.full(documents, -1, np.int64)  # how many were kept before this one
    compared_with = np.full(documents, -1, np.int64)  # the last document a leader was compared with
    best, best_score = np.full(sets, -1, np.int64), np.zeros(sets)
    seen = np.zeros(sets, np.int64)  # leaders kept before this were compared with the set
    twin, score = np.full(documents, -1, np.int64), np.zeros(documents)
    held = np.zeros(sets, np.bool_)  # by a kept document
    met, found = np.zeros(documents, np.int64), np.zeros(sets, np.int64)  # leaders like it, when visited and by now
    owner, like, alikes, edge = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64), 0
    kept = 0
    for place in range(documents):
        document = order[place]
        mine = set_of[document]
        if place >= released and not held[mine]:
            a, b = begins[mine], ends[mine]
            for e in range(edges[document], edges[document + 1]):
                bucket = buckets[e]
                for n in range(starts[bucket] + count[bucket] - 1, starts[bucket] - 1, -1):
                    leader = leaders[n]
                    if kept_as[leader] < seen[mine]:
                        break
                    if compared_with[leader] == document:
                        continue
                    compared_with[leader] = document
                    c, d = begins[set_of[leader]], ends[set_of[leader]]
                    if min(b - a, d - c) < threshold * (b - a if contained else max(b - a, d - c)) * (1 - 1e-12):
                        continue  # J <= smaller / larger
                    alike = containment(values, a, b, c, d) if contained else jaccard(values, a, b, c, d)
                    if alike < threshold:
                        continue
                    if edge == alikes.shape[0]:
                        owner, like, alikes = np.append(owner, owner), np.append(like, like), np.append(alikes, alikes)
                    owner[edge], like[edge], alikes[edge] = mine, leader, alike
                    found[mine] += 1
                    edge += 1
                    nearer = best[mine] < 0 or alike > best_score[mine]
                    earlier = alike == best_score[mine] and kept_as[leader] < kept_as[best[mine]]
                    if nearer or earlier:
                        best[mine], best_score[mine] = leader, alike
            seen[mine] = kept
        if best[mine] >= 0:
            if place >= released:
                twin[document], score[document], met[document] = best[mine], best_score[mine], found[mine]
            continue
        kept_as[document] = kept
        kept += 1
        best[mine], best_score[mine], held[mine] = document, 1.0, True
        for e in range(edges[document], edges[document + 1]):
            bucket = buckets[e]
            leaders[starts[bucket] + count[bucket]] = document
            count[bucket] += 1
    return twin, score, met, owner[:edge], like[:edge], alikes[:edge]
