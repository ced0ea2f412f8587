"""The words that shingles are made of, as 64-bit hashes straight from UTF-8 bytes.

A word is a maximal run of letters, numbers and marks (Unicode categories L, N, M), each code point
lower-cased on its own as `str.lower` does. In scripts written without spaces (`codepoints.UNSPACED`: Han,
kana, Thai, Lao, Khmer, Myanmar) every letter, with the marks after it, is a word of its own, so that five
words are a comparable stretch of text in any language. All else separates words, the underscore included.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.codepoints import word_table

_SEED = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio
_FOLD = np.uint64(0xBF58476D1CE4E5B9)  # the multipliers of splitmix64's finaliser
_LAST = np.uint64(0x94D049BB133111EB)
_8, _24, _29, _32 = (np.uint64(n) for n in (8, 24, 29, 32))
_NONE, _LONG = np.uint64(0), np.uint64(0x800000)


def word_hashes(column: Column) -> tuple[Hashes, Offsets]:
    """64-bit hash of every word: row i has hashes[offsets[i]:offsets[i + 1]].

    Touches 8 bytes per word; reserves 4 bytes of address space per byte of text. Bytes that are not UTF-8
    give unspecified words, never an error.
    """
    data, offsets = arrow_buffers(column)
    out: tuple[Hashes, Offsets] = _word_hashes(data, offsets, word_table())
    return out


@njit(nogil=True, cache=True)
def _fold(h: np.uint64, packed: np.uint64) -> np.uint64:
    h = (h ^ packed) * _FOLD
    return h ^ (h >> _32)


@njit(nogil=True, cache=True)
def _finish(h: np.uint64, packed: np.uint64) -> np.uint64:
    h = _fold(h, packed) * _LAST
    return h ^ (h >> _29)


@njit(nogil=True, cache=True)
def _push(h: np.uint64, packed: np.uint64, used: int, lower: np.uint32) -> tuple[np.uint64, np.uint64, int]:
    """Append a character to the up to 8 packed bytes: one byte if ASCII, else three with the top bit set."""
    width = 1 if lower < 0x80 else 3
    if used + width > 8:
        h, packed, used = _fold(h, packed), _NONE, 0
    if lower < 0x80:
        return h, (packed << _8) | np.uint64(lower), used + 1
    return h, (packed << _24) | _LONG | np.uint64(lower), used + 3


@njit(nogil=True, cache=True)
def _decode(data: Bytes, i: int, end: int) -> tuple[np.int64, int]:
    """`(code point, bytes)` of the character beyond ASCII at `i`; if cut short U+0000, a separator."""
    c = np.int64(data[i])
    width = 2 if c < 0xE0 else 3 if c < 0xF0 else 4
    if i + width > end:
        return np.int64(0), 1
    code = c & (0x7F >> width)
    for n in range(1, width):
        code = (code << 6) | (data[i + n] & 0x3F)
    return (code if code < 0x110000 else np.int64(0)), width


@njit(nogil=True, cache=True)
def _word_hashes(data: Bytes, offsets: Offsets, table: npt.NDArray[np.uint32]) -> tuple[Hashes, Offsets]:
    rows = offsets.shape[0] - 1
    # A one-byte word is followed by a separator, by a letter of three bytes or by the end.
    out = np.empty((offsets[rows] - offsets[0]) // 2 + rows + 1, np.uint64)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        i, end = offsets[row], offsets[row + 1]
        h, packed, used, alone = _SEED, _NONE, 0, False
        while i < end:
            code = np.int64(data[i])
            if code < 0x80:
                i += 1
                entry = table[code]
                if entry and not alone:  # the hot path
                    if used == 8:
                        h, packed, used = _fold(h, packed), _NONE, 0
                    packed = (packed << _8) | np.uint64(entry >> 2)
                    used += 1
                    continue
            else:
                code, width = _decode(data, i, end)
                i += width
                entry = table[code]
            kind = entry & 3
            if used and (kind == 0 or kind == 2 or (alone and kind == 1)):
                out[m] = _finish(h, packed)
                m += 1
                h, packed, used, alone = _SEED, _NONE, 0, False
            if kind:
                h, packed, used = _push(h, packed, used, entry >> 2)
                alone |= kind == 2
                if code == 0x130:  # the one letter whose lower case has two code points
                    h, packed, used = _push(h, packed, used, np.uint32(0x307))
        if used:
            out[m] = _finish(h, packed)
            m += 1
        ends[row + 1] = m
    return out[:m], ends
