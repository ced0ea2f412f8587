"""k-word shingles as 64-bit hashes, the sets they form and how alike two sets are (Broder 1997)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numba import njit

from curation_lib.text.buffers import Hashes, Offsets

_STEP = np.uint64(0x9E3779B97F4A7C15)  # multipliers and shifts: splitmix64
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_27, _30, _31 = (np.uint64(n) for n in (27, 30, 31))


def shingle_hashes(words: Hashes, offsets: Offsets, k: int) -> tuple[Hashes, Offsets]:
    """Hash of every run of `k` words, in text order, as `(hashes, offsets)`.

    A document of n words has n - k + 1 of them, one of all its words when 0 < n < k, none when n = 0.
    """
    if k < 1:
        raise ValueError(f"a shingle has at least one word, not {k}")
    out: tuple[Hashes, Offsets] = _shingle_hashes(words, offsets, k)
    return out


def shingle_sets(shingles: Hashes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """Each row's distinct hashes in ascending order, as `(values, offsets)`."""
    values = shingles.copy()
    for start, end in pairwise(offsets.tolist()):
        values[start:end].sort()  # numpy's vectorised sort, several times faster than a compiled quicksort
    out: tuple[Hashes, Offsets] = _distinct(values, offsets)
    return out


@njit(nogil=True, cache=True)
def jaccard(values: Hashes, a_start: int, a_end: int, b_start: int, b_end: int) -> float:
    """|A and B| / |A or B| of two sorted sets, both slices of `values`; 0 when both are empty."""
    common = in_common(values, a_start, a_end, b_start, b_end)
    union = (a_end - a_start) + (b_end - b_start) - common
    return common / union if union else 0.0


@njit(nogil=True, cache=True)
def containment(values: Hashes, a_start: int, a_end: int, b_start: int, b_end: int) -> float:
    """|A and B| / |A| of two sorted sets, both slices of `values`; 0 when A is empty."""
    size = a_end - a_start
    return in_common(values, a_start, a_end, b_start, b_end) / size if size else 0.0


@njit(nogil=True, cache=True)
def in_common(values: Hashes, a_start: int, a_end: int, b_start: int, b_end: int) -> int:
    """|A and B| of two sorted sets, both slices of `values`."""
    i, j, common = a_start, b_start, 0
    while i < a_end and j < b_end:
        x, y = values[i], values[j]
        common += x == y
        i += x <= y
        j += y <= x
    return common


@njit(nogil=True, cache=True)
def _shingle_hashes(words: Hashes, offsets: Offsets, k: int) -> tuple[Hashes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(offsets[rows] - offsets[0], np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        size = min(np.int64(k), end - start)
        count = end - start - size + 1 if size else 0
        for first in range(start, start + count):
            h = np.uint64(size)
            for word in range(first, first + size):
                h = h * _STEP + words[word]
            h = (h ^ (h >> _30)) * _FIRST
            h = (h ^ (h >> _27)) * _SECOND
            out[m] = h ^ (h >> _31)
            m += 1
        ends[row + 1] = m
    return out[:m], ends


@njit(nogil=True, cache=True)
def _distinct(values: Hashes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """Close the gaps in place."""
    rows = offsets.shape[0] - 1
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        for i in range(offsets[row], offsets[row + 1]):
            if i == offsets[row] or values[i] != values[i - 1]:
                values[m] = values[i]
                m += 1
        ends[row + 1] = m
    return values[:m], ends
