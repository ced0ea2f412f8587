"""k-character shingles as 64-bit hashes, straight from UTF-8 bytes.

A shingle is a run of k code points of the text as it stands: case, white space and punctuation count, no Unicode
form is applied. So NeMo Curator takes them (libcudf's `nvtext::minhash`: windows of `width` characters; a shorter
text is one shingle, an empty one has none). Only the hash function differs from theirs.

The hash of a window rolls: sum of m(c[i]) * STEP**(k - 1 - i) mod 2**64, where m spreads a code point over 64 bits,
then splitmix64's finaliser over that and the number of characters. Each character is read twice, as it enters the
window and as it leaves.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import decode

_STEP = np.uint64(0x9E3779B97F4A7C15)  # multipliers and shifts: splitmix64
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_NONE, _27, _30, _31, _32 = (np.uint64(n) for n in (0, 27, 30, 31, 32))


def character_shingles(column: Column, k: int) -> tuple[Hashes, Offsets]:
    """Hash of every run of `k` characters, in text order, as `(hashes, offsets)`.

    A document of n characters has n - k + 1 of them, one of all its characters when 0 < n < k, none when n = 0.
    Touches 8 bytes per shingle. Bytes that are not UTF-8 give unspecified shingles, never an error.
    """
    if k < 1:
        raise ValueError(f"a shingle has at least one character, not {k}")
    data, offsets = arrow_buffers(column)
    leaving = np.uint64(pow(int(_STEP), k, 2**64))
    out: tuple[Hashes, Offsets] = _character_shingles(data, offsets, k, leaving)
    return out


@njit(nogil=True, cache=True)
def _spread(code: int) -> np.uint64:
    h = (np.uint64(code) + _STEP) * _FIRST
    return h ^ (h >> _32)


@njit(nogil=True, cache=True)
def _finish(h: np.uint64, size: int) -> np.uint64:
    h += np.uint64(size)
    h = (h ^ (h >> _30)) * _FIRST
    h = (h ^ (h >> _27)) * _SECOND
    return h ^ (h >> _31)


@njit(nogil=True, cache=True)
def _character_shingles(data: Bytes, offsets: Offsets, k: int, leaving: np.uint64) -> tuple[Hashes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(offsets[rows] - offsets[0], np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        i, end = offsets[row], offsets[row + 1]
        tail, size, h = i, 0, _NONE
        while i < end:
            code, width = decode(data, i, end)
            i += width
            h = h * _STEP + _spread(code)
            if size == k:
                code, width = decode(data, tail, end)
                tail += width
                h -= _spread(code) * leaving
            else:
                size += 1
            if size == k:
                out[m] = _finish(h, size)
                m += 1
        if 0 < size < k:
            out[m] = _finish(h, size)
            m += 1
        ends[row + 1] = m
    return out[:m], ends
