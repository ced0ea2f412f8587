"""A text's lexical embedding: its words and pairs of neighbouring words as 256 small whole numbers, no model needed.

What occurs n times weighs 1 + ln n, so that common words don't drown the rest. Every distinct word and pair adds
its weight to each dimension with a sign of its own: a random projection (Achlioptas 2003, Database-friendly random
projections), under which the cosine of two vectors is that of the weighted bags, give or take (1 - cosine²) / 16.
Weights are whole numbers, so the sums are exact and a vector depends on nothing but its text.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes, Offsets
from curation_lib.text.occurrences import add, count_at, new_occurrences, slots_for, spread
from curation_lib.text.vectors import Vectors, quantised

DIMENSIONS = 256
UNIT = 64
"""Whole-number weight of what occurs once."""
MOST = 4096
"""Nothing counts as occurring more often."""

Weights = npt.NDArray[np.int32]
Sums = npt.NDArray[np.int32]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_1 = np.uint64(1)


def embeddings(words: Hashes, offsets: Offsets, max_words: int) -> Vectors:
    """int8[documents, 256] from the hashes of `text.words`, of which each document's first `max_words` count.

    All zero for a document without words. Holds up to 112 bytes per word of the longest document, 3 kB per document.
    """
    return quantised(_sums(words, offsets, max_words, weights()))


@cache
def weights() -> Weights:
    """int32[MOST + 1]: the weight of what occurs n times."""
    weight: Weights = np.rint(UNIT * (1 + np.log(np.maximum(np.arange(MOST + 1), 1)))).astype(np.int32)
    return weight


@njit(nogil=True, cache=True)
def _sums(words: Hashes, offsets: Offsets, max_words: int, weight: Weights) -> Sums:
    rows, longest = offsets.shape[0] - 1, 0
    for row in range(rows):
        longest = max(longest, min(max_words, offsets[row + 1] - offsets[row]))
    seen, found = new_occurrences(slots_for(2 * longest)), np.empty(2 * longest, np.uint64)
    out = np.zeros((rows, DIMENSIONS), np.int32)
    for row in range(rows):
        start, size = offsets[row], min(max_words, offsets[row + 1] - offsets[row])
        distinct = _count(words[start : start + size], row + 1, seen, found)
        for where in found[:distinct]:
            _add(seen[where - _1], weight[min(MOST, count_at(seen, where))], out[row])
    return out


@njit(nogil=True, cache=True)
def _count(words: Hashes, stamp: int, seen: Hashes, found: Hashes) -> int:
    """Count words and pairs; how many distinct ones there are, and in `found` where the count of each stands."""
    slots, distinct = slots_for(2 * words.shape[0]), 0
    for i in range(2 * words.shape[0] - 1):
        word = words[i >> 1]
        where = add(seen, slots, stamp, spread(word * _STEP + words[(i >> 1) + 1]) if i & 1 else word)
        if count_at(seen, where) == 1:
            found[distinct] = where
            distinct += 1
    return distinct


@njit(nogil=True, cache=True)
def _add(feature: np.uint64, weight: Any, sums: Sums) -> None:
    """Add `weight` with the feature's 256 signs, which are the bits of four hashes."""
    for block in range(DIMENSIONS // 64):
        signs = spread(feature + np.uint64(block + 1) * _STEP)
        for bit in range(64):
            sums[64 * block + bit] += weight * (2 * np.int32((signs >> np.uint64(bit)) & _1) - 1)
