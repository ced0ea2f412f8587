"""Text up to case and spacing: what exact deduplication calls the same.

Collapsed text is the UTF-8 text with ASCII letters lower-cased, every maximal run of Unicode white space
(`str.isspace`) replaced by one space, and none at either end. In plain Python:
`" ".join(text.split())` with A-Z mapped to a-z. Other letters keep their case and no Unicode form is applied.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers

_SPACE, _PERHAPS = 256, 257  # not bytes


def collapsed(column: Column) -> tuple[Bytes, Offsets]:
    """Collapsed text of each row as `(data, offsets)`; offsets start at 0."""
    data, offsets = arrow_buffers(column)
    out: tuple[Bytes, Offsets] = _collapse(data, offsets, _byte_classes())
    return out


def _byte_classes() -> npt.NDArray[np.uint16]:
    """What each byte becomes, or that it is white space, or that it may begin some."""
    table = np.arange(256, dtype=np.uint16)
    table[65:91] += 32
    table[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = _SPACE
    table[[0xC2, 0xE1, 0xE2, 0xE3]] = _PERHAPS
    return table


@njit(nogil=True, cache=True)
def _wide_space(data: Bytes, i: int, end: int) -> int:
    """Bytes of the white-space character beyond ASCII that starts at `i`, 0 when there is none."""
    first = data[i]
    if first == 0xC2 and i + 1 < end:
        return 2 if data[i + 1] == 0x85 or data[i + 1] == 0xA0 else 0
    if first < 0xE1 or first > 0xE3 or i + 2 >= end:
        return 0
    second, third = data[i + 1], data[i + 2]
    if first == 0xE1:  # U+1680
        return 3 if second == 0x9A and third == 0x80 else 0
    if first == 0xE3:  # U+3000
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x81:  # U+205F
        return 3 if third == 0x9F else 0
    # U+2000 to U+200A, U+2028, U+2029, U+202F
    return 3 if second == 0x80 and (third <= 0x8A or 0xA8 <= third <= 0xA9 or third == 0xAF) else 0


@njit(nogil=True, cache=True)
def _collapse(data: Bytes, offsets: Offsets, classes: npt.NDArray[np.uint16]) -> tuple[Bytes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(offsets[rows] - offsets[0], np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        i, end, start = offsets[row], offsets[row + 1], m
        while i < end:
            c = classes[data[i]]
            width = 0
            if c == _SPACE:
                width = 1
            elif c == _PERHAPS:
                width = _wide_space(data, i, end)
                c = data[i]
            if width == 0:
                out[m] = c
                m += 1
                i += 1
            else:
                if m > start and out[m - 1] != 32:
                    out[m] = 32
                    m += 1
                i += width
        if m > start and out[m - 1] == 32:
            m -= 1
        ends[row + 1] = m
    return out[:m], ends
