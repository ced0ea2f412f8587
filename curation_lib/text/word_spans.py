"""Where each word of `text.words` begins, with two independent 64-bit hashes of it, straight from UTF-8 bytes.

One hash chooses (see `text.winnowing`), both together confirm. Neither equals the one of `text.words`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import decode
from curation_lib.text.codepoints import ALONE, JOINED, SEPARATOR, word_table
from curation_lib.text.occurrences import spread

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a
_SEED, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)  # a polynomial, as different as can be
_DOT = np.uint64(0x307)


class Words(NamedTuple):
    """The words of row i are those in [offsets[i], offsets[i + 1]).

    starts: int64, byte within the row's text where each begins; high, low: its hashes.
    """

    starts: Offsets
    high: Hashes
    low: Hashes
    offsets: Offsets


def word_spans(column: Column) -> Words:
    """Every word of every row: 24 bytes each; reserves 12 bytes of address space per byte of text.

    Bytes that are not UTF-8 separate words.
    """
    return Words(*_word_spans(*arrow_buffers(column), word_table()))


@njit(nogil=True, cache=True)
def _word_spans(
    data: Bytes, offsets: Offsets, table: npt.NDArray[np.uint32]
) -> tuple[Offsets, Hashes, Hashes, Offsets]:
    rows = offsets.shape[0] - 1
    # A one-byte word is followed by a separator, by a letter of three bytes or by the end.
    most = (offsets[rows] - offsets[0]) // 2 + rows + 1
    starts, ends = np.empty(most, np.int64), np.zeros(rows + 1, np.int64)
    high, low = np.empty(most, np.uint64), np.empty(most, np.uint64)
    m = 0
    for row in range(rows):
        i, end = offsets[row], offsets[row + 1]
        first, second, inside, alone = _BASIS, _SEED, False, False
        while i < end:
            code: Any = np.int64(data[i])
            width = 1
            if code >= 0x80:
                code, width = decode(data, i, end)
            entry = table[code]
            kind = entry & 3
            if inside and (kind in (SEPARATOR, ALONE) or (alone and kind == JOINED)):
                high[m], low[m] = spread(first), spread(second)
                first, second, inside, alone = _BASIS, _SEED, False, False
                m += 1
            if kind != SEPARATOR:
                if not inside:
                    starts[m], inside, alone = i - offsets[row], True, kind == ALONE
                lower = np.uint64(entry >> 2)
                first, second = (first ^ lower) * _PRIME, second * _STEP + lower
                if code == 0x130:  # the one letter whose lower case has two code points
                    first, second = (first ^ _DOT) * _PRIME, second * _STEP + _DOT
            i += width
        if inside:
            high[m], low[m] = spread(first), spread(second)
            m += 1
        ends[row + 1] = m
    return starts[:m], high[:m], low[:m], ends
