"""MinHash signatures equal to those of datasketch 2's default scheme, `affine32`.

A 32-bit shingle hash goes through MurmurHash3's finaliser once; permutation j then maps it to
a[j] * h + b[j] mod 2**32 with odd a[j], and the signature holds each permutation's minimum.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes, Offsets

Words32 = npt.NDArray[np.uint32]
_MUL1, _MUL2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_13, _16, _32 = np.uint32(13), np.uint32(16), np.uint64(32)


def signatures(shingles: Hashes, offsets: Offsets, permutations: int = 112, seed: int = 1) -> Words32:
    """uint32[documents, permutations] from 64-bit shingle hashes, of which the upper 32 bits are used.

    Repeats don't matter. A document without shingles has 2**32 - 1 everywhere.
    """
    a, b = coefficients(permutations, seed)
    out: Words32 = _signatures(shingles, offsets, a, b)
    return out


@cache
def coefficients(permutations: int, seed: int) -> tuple[Words32, Words32]:
    """`(a, b)` of `permutations` maps, drawn from numpy's RandomState as datasketch does."""
    draw = np.random.RandomState(seed)
    a = draw.randint(0, 1 << 31, permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, permutations, dtype=np.uint32)
    return a, b


@njit(nogil=True, cache=True)
def _finalise(shingle: np.uint64) -> np.uint32:
    h = np.uint32(shingle >> _32)
    h = np.uint32((h ^ (h >> _16)) * _MUL1)
    h = np.uint32((h ^ (h >> _13)) * _MUL2)
    return np.uint32(h ^ (h >> _16))


@njit(nogil=True, cache=True)
def _signatures(shingles: Hashes, offsets: Offsets, a: Words32, b: Words32) -> Words32:
    rows, count = offsets.shape[0] - 1, a.shape[0]
    out = np.full((rows, count), np.uint32(0xFFFFFFFF), np.uint32)
    for row in range(rows):
        least, i, end = out[row], offsets[row], offsets[row + 1]
        while i + 4 <= end:  # four at once: `least` is loaded and stored once for four shingles
            h0, h1 = _finalise(shingles[i]), _finalise(shingles[i + 1])
            h2, h3 = _finalise(shingles[i + 2]), _finalise(shingles[i + 3])
            for j in range(count):
                x = min(np.uint32(h0 * a[j] + b[j]), np.uint32(h1 * a[j] + b[j]))
                y = min(np.uint32(h2 * a[j] + b[j]), np.uint32(h3 * a[j] + b[j]))
                least[j] = min(least[j], min(x, y))
            i += 4
        while i < end:
            h0 = _finalise(shingles[i])
            for j in range(count):
                least[j] = min(least[j], np.uint32(h0 * a[j] + b[j]))
            i += 1
    return out
