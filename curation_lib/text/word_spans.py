"""Where each word of `text.words` begins, with two independent 64-bit hashes of it, straight from UTF-8 bytes.

One hash chooses (see `text.winnowing`), both together confirm. Neither equals the one of `text.words`.
"""

from __future__ import annotations

from typing import NamedTuple

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
    m = -1
    for row in range(rows):
        i, before, alone = offsets[row], SEPARATOR, False
        while i < offsets[row + 1]:
            code, width = decode(data, i, offsets[row + 1])
            entry = table[code]
            kind = entry & 3
            if kind == ALONE or (kind == JOINED and alone) or (kind != SEPARATOR and before == SEPARATOR):
                m += 1
                starts[m], high[m], low[m] = i - offsets[row], _BASIS, _SEED
                alone = kind == ALONE
            if kind != SEPARATOR:
                high[m] = (high[m] ^ np.uint64(entry >> 2)) * _PRIME
                low[m] = low[m] * _STEP + np.uint64(entry >> 2)
                if code == 0x130:  # the one letter whose lower case has two code points
                    high[m], low[m] = (high[m] ^ _DOT) * _PRIME, low[m] * _STEP + _DOT
            before = kind
            i += width
        ends[row + 1] = m + 1
    for n in range(m + 1):
        high[n], low[n] = spread(high[n]), spread(low[n])
    return starts[: m + 1], high[: m + 1], low[: m + 1], ends
