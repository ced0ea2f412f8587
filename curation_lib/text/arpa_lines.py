"""The lines of ARPA text, read by kernels."""

from __future__ import annotations

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.kernels import kernel
from curation_lib.text.ngram_model import WORD, Floats, Memory, Tables, find, murmur
from curation_lib.text.ngram_tables import Words, layout, new_entry

BAD, ABSENT, SHORT, POSITIVE = -1, -2, -3, -4
"""What a line can be: none of its kind; with a word that is no unigram; missing; with a positive probability."""
_POWERS = 10.0 ** np.arange(23)


def word_table(words: Words) -> tuple[Memory, Tables]:
    """`(memory, tables)` in which `find` finds the number of a word."""
    slots, tables = layout([len(words.starts)])
    memory = np.zeros(slots, np.uint32)
    for_words: Memory = memory
    _fill(for_words, tables, *words)
    return for_words, tables


@njit(nogil=True, cache=True)
def _fill(memory: Memory, tables: Tables, data: Bytes, starts: Offsets, ends: Offsets) -> None:
    for n in range(starts.shape[0]):
        at = new_entry(memory, tables[0, 0], tables[0, 1], WORD, murmur(data, starts[n], ends[n]))
        if at >= 0:
            memory[at + 2] = n


@kernel
def _number(data: Bytes, i: int, powers: Floats) -> tuple[float, int]:
    """The number that begins at `i` and where it ends; the end is `i` where there is none."""
    at, negative = i, False
    if at < data.shape[0] and (data[at] == 45 or data[at] == 43):
        negative = data[at] == 45
        at += 1
    value, digits, scale = 0.0, 0, 0
    while at < data.shape[0] and 48 <= data[at] <= 57:
        value, digits, at = value * 10 + (data[at] - 48), digits + 1, at + 1
    if at < data.shape[0] and data[at] == 46:
        at += 1
        while at < data.shape[0] and 48 <= data[at] <= 57:
            if scale < 15:  # further digits are beyond single precision
                value, scale = value * 10 + (data[at] - 48), scale + 1
            digits, at = digits + 1, at + 1
    if digits == 0:
        return 0.0, i
    if at < data.shape[0] and (data[at] == 101 or data[at] == 69):
        power, end = _exponent(data, at + 1)
        scale, at = scale - power, end
    value = value / powers[min(scale, 22)] if scale >= 0 else value * powers[min(-scale, 22)]
    return (-value if negative else value), at


@kernel
def _exponent(data: Bytes, at: int) -> tuple[int, int]:
    negative, value = False, 0
    if at < data.shape[0] and (data[at] == 45 or data[at] == 43):
        negative = data[at] == 45
        at += 1
    while at < data.shape[0] and 48 <= data[at] <= 57:
        value, at = min(value * 10 + (data[at] - 48), 99), at + 1
    return (-value if negative else value), at


@kernel
def _word(data: Bytes, i: int) -> tuple[int, int]:
    """Start and end of the next word on the line; both are equal where there is none."""
    while i < data.shape[0] and (data[i] == 32 or data[i] == 9):
        i += 1
    start = i
    while i < data.shape[0] and data[i] != 32 and not 9 <= data[i] <= 10 and data[i] != 13:
        i += 1
    return start, i


@kernel
def _weight(data: Bytes, i: int, powers: Floats) -> tuple[float, int]:
    """The back-off weight at a line's end (0 without one) and where the next line begins, -1 where more follows."""
    start, stop = _word(data, i)
    weight, end = 0.0, start
    if stop > start:
        weight, end = _number(data, start, powers)
        if end != stop:
            return 0.0, -1
    while end < data.shape[0] and (data[end] == 32 or data[end] == 9 or data[end] == 13):
        end += 1
    if end < data.shape[0] and data[end] != 10:
        return 0.0, -1
    return weight, end + 1


@njit(nogil=True, cache=True)
def read_unigrams(
    data: Bytes, at: int, starts: Offsets, ends: Offsets, probability: Floats, backoff: Floats
) -> tuple[int, int]:
    """Read as many lines as `starts` has room for; `(byte behind, 0)`, or `(byte of the line, what is wrong)`."""
    for row in range(starts.shape[0]):
        if at >= data.shape[0] or data[at] == 10 or data[at] == 92:
            return at, SHORT
        score, i = _number(data, at, _POWERS)
        starts[row], ends[row] = _word(data, i)
        weight, behind = _weight(data, ends[row], _POWERS)
        if i == at or starts[row] == i or ends[row] == starts[row] or behind < 0:
            return at, BAD
        if score > 0:
            return at, POSITIVE
        probability[row], backoff[row], at = score, weight, behind
    return at, 0


@njit(nogil=True, cache=True)
def read_ngrams(
    data: Bytes, at: int, words: Memory, tables: Tables, ids: Memory, probability: Floats, backoff: Floats
) -> tuple[int, int]:
    """The same for n-grams, whose words are looked up."""
    for row in range(ids.shape[0]):
        if at >= data.shape[0] or data[at] == 10 or data[at] == 92:
            return at, SHORT
        score, end = _number(data, at, _POWERS)
        if end == at:
            return at, BAD
        for n in range(ids.shape[1]):
            start, stop = _word(data, end)
            if start == end or stop == start:
                return at, BAD
            found = find(words, tables[0, 0], tables[0, 1], WORD, murmur(data, start, stop))
            if found < 0:
                return at, ABSENT
            ids[row, n], end = words[found + 2], stop
        weight, behind = _weight(data, end, _POWERS)
        if behind < 0:
            return at, BAD
        if score > 0:
            return at, POSITIVE
        probability[row], backoff[row], at = score, weight, behind
    return at, 0
