"""Lines or paragraphs that a text has had before, in any case and without the white space around them (DCLM)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import Table, decode, skip_space, strip_space
from curation_lib.text.line_edits import ODD_LINE
from curation_lib.text.occurrences import add, count_at, new_occurrences, slots_for, spread
from curation_lib.text.phrases import Folds
from curation_lib.text.remaining import Remaining

_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, over code points
_NEWLINE = 0x0A


@njit(nogil=True, cache=True)
def mark_repeated(left: Remaining, size: int, table: Table, lower: Folds, newlines: int, mark: int) -> bool:
    """Mark what `newlines` (1 or 2) line feeds part and an earlier segment equals, with the separator before it. Blank
    segments stay. Each letter is in the lower case that it has alone."""
    data, start, odd, found = left.data, 0, 0, False
    slots = slots_for(_line_feeds(data, size) + 1)
    seen = new_occurrences(slots)
    while True:
        stop = start
        while stop < size and not (data[stop] == _NEWLINE and (newlines == 1 or _doubled(data, stop, size))):
            stop += 1
        first = skip_space(data, start, stop, table)
        last = strip_space(data, first, stop, table)
        if first < last and count_at(seen, add(seen, slots, 1, _hash(data, first, last, lower))) > 1:
            left.gone[start - newlines : stop] = mark | odd
            odd ^= ODD_LINE
            found = True
        if stop == size:
            return found
        start = stop + newlines


@njit(nogil=True, cache=True)
def _doubled(data: Bytes, i: int, size: int) -> bool:
    doubled: bool = i + 1 < size and data[i + 1] == _NEWLINE
    return doubled


@njit(nogil=True, cache=True)
def _line_feeds(data: Bytes, size: int) -> int:
    count = 0
    for i in range(size):
        count += data[i] == _NEWLINE
    return count


@njit(nogil=True, cache=True)
def _hash(data: Bytes, i: int, end: int, lower: Folds) -> np.uint64:
    h: Any = _SEED
    while i < end:
        code, width = decode(data, i, end)
        h = (h ^ np.uint64(lower[code])) * _PRIME
        i += width
    return spread(h)
