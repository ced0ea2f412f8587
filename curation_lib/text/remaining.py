"""What modifiers have left of a text, one after the other: its bytes, and where each stood in the text as given.

Each modifier sees the text that those before it left. A byte that goes is marked at its first place, so that all marks
together are edits of the text as given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.characters import KIND, SPACE, Table, decode, skip_space, strip_space
from curation_lib.text.ngrams import Counts

_TOKEN_SPACES = np.isin(np.arange(256), [0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20])


class Remaining(NamedTuple):
    """data: the bytes left, up to a size kept apart. at: where each stood in the column's buffer. gone: the mark by
    which the present modifier takes it, 0 where it stays. 10 bytes for each byte of the longest text."""

    data: Bytes
    at: Counts
    gone: Bytes


@njit(nogil=True, cache=True)
def new_remaining(offsets: Offsets) -> Remaining:
    """Room for the longest text."""
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return Remaining(np.empty(longest, np.uint8), np.empty(longest, np.int64), np.zeros(longest, np.uint8))


@njit(nogil=True, cache=True)
def load(left: Remaining, data: Bytes, start: int, end: int) -> int:
    """Take the text data[start:end]; returns its size."""
    for i in range(end - start):
        left.data[i], left.at[i] = data[start + i], start + i
    return end - start


@njit(nogil=True, cache=True)
def settle(left: Remaining, size: int, marks: Bytes) -> int:
    """Take out what is marked, noting each mark in `marks`; returns the size that is left."""
    kept = 0
    for i in range(size):
        if left.gone[i]:
            marks[left.at[i]], left.gone[i] = left.gone[i], 0
        else:
            left.data[kept], left.at[kept] = left.data[i], left.at[i]
            kept += 1
    return kept


@njit(nogil=True, cache=True)
def mark_ends(left: Remaining, size: int, table: Table, mark: int) -> bool:
    """Mark the white space at both ends; whether there is any."""
    first = skip_space(left.data, 0, size, table)
    last = strip_space(left.data, first, size, table)
    left.gone[:first] = mark
    left.gone[last:size] = mark
    return first > 0 or last < size


@njit(nogil=True, cache=True)
def is_blank(data: Bytes, start: int, end: int, gone: Bytes, table: Table) -> bool:
    """Whether nothing but white space stays of data[start:end]."""
    i = start
    while i < end:
        code, width = decode(data, i, end)
        if not gone[i] and table[code] & KIND != SPACE:
            return False
        i += width
    return True


@njit(nogil=True, cache=True)
def count_tokens(data: Bytes, size: int, classes: Bytes, alphanumeric: int) -> int:
    """DCLM's words: what fastText's white space parts, where a letter or number comes first."""
    count, inside = 0, False
    for i in range(size):
        space = _TOKEN_SPACES[data[i]]
        if not space and not inside:
            count += (classes[decode(data, i, size)[0]] & alphanumeric) != 0
        inside = not space
    return count
