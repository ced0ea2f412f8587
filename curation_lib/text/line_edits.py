"""Which bytes of a text C4's line rules remove (Raffel et al. 2020), one mark per byte."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.characters import BREAK, DIGIT, KIND, SPACE, Table, decode, skip_space, strip_space
from curation_lib.text.kernels import kernel

KEPT, WHITESPACE, CITATION, LONG_WORD, UNTERMINATED, FEW_WORDS, PHRASE = range(7)
"""Marks. PHRASE + n: the line holds phrase n. A mark's top bit tells neighbouring removed lines apart."""
ODD_LINE = 0x80

_OPEN, _CLOSE, _STOP = ord("["), ord("]"), ord(".")
_NEWLINE, _RETURN = 0x0A, 0x0D


class LineRules(NamedTuple):
    """What to apply; -1 or False turns a rule off. Phrase n (lower-case ASCII) and note n are the bytes
    between offsets n and n + 1; `firsts` is not 0 for bytes that a phrase begins with; `terminals` are bytes that end a
    line well."""

    max_word: int
    min_words: int
    terminated: bool
    citations: bool
    terminals: Bytes
    phrases: Bytes
    phrase_offsets: Offsets
    firsts: Bytes
    notes: Bytes
    note_offsets: Offsets


@njit(nogil=True, cache=True)
def mark_lines(data: Bytes, offsets: Offsets, table: Table, rules: LineRules) -> Bytes:
    """uint8 per byte of `data`: KEPT or why it goes. Bytes outside the rows stay 0."""
    marks = np.zeros(len(data), np.uint8)
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    lower = np.empty(longest, np.uint8)
    for row in range(len(offsets) - 1):
        _mark_text(data, offsets[row], offsets[row + 1], table, rules, lower, marks)
    return marks


@njit(nogil=True, cache=True)
def kept_sizes(marks: Bytes, offsets: Offsets) -> Offsets:
    """Bytes that stay of each row."""
    sizes = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(sizes)):
        for i in range(offsets[row], offsets[row + 1]):
            sizes[row] += marks[i] == KEPT
    return sizes


@kernel
def _mark_text(data: Bytes, start: int, end: int, table: Table, rules: LineRules, lower: Bytes, marks: Bytes) -> None:
    line, i, odd = start, start, 0
    while line < end:
        code, width = (-1, 0) if i >= end else decode(data, i, end)
        if code >= 0 and not table[code] & BREAK:
            i += width
            continue
        after = i + width + (1 if code == _RETURN and i + 1 < end and data[i + 1] == _NEWLINE else 0)
        _mark_line(data, line, i, after, table, rules, lower, marks, odd)
        odd ^= ODD_LINE
        line = i = after
    trim_kept(data, start, end, table, marks)


@kernel
def _mark_line(
    data: Bytes, start: int, end: int, after: int, table: Table, rules: LineRules,
    lower: Bytes, marks: Bytes, odd: int,
) -> None:  # fmt: skip
    """Mark one line, whose separator is [end, after)."""
    first = skip_space(data, start, end, table)
    last = strip_space(data, first, end, table)
    why = _failed(data, first, last, table, rules, lower)
    if why:
        marks[start:after] = (why if first < last else WHITESPACE) | odd
        return
    marks[start:first] = WHITESPACE | odd
    marks[last:end] = WHITESPACE | odd
    i = first
    while rules.citations and i < last:
        if data[i] == _OPEN:
            stop = _citation_end(data, i, last, table, rules)
            marks[i:stop] = CITATION | odd
            i = max(stop, i + 1)
        else:
            i += 1


@kernel
def _failed(data: Bytes, start: int, end: int, table: Table, rules: LineRules, lower: Bytes) -> int:
    """The first rule that the stripped line [start, end) fails, in C4's order."""
    count, longest = line_words(data, start, end, table)
    if 0 <= rules.max_word < longest:
        return LONG_WORD
    size = _lowered(data, start, end, table, rules, lower)
    if rules.terminated and not _terminated(lower, size, rules.terminals):
        return UNTERMINATED
    if count < rules.min_words:
        return FEW_WORDS
    phrase = _phrase(lower, size, rules)
    return KEPT if phrase < 0 else PHRASE + phrase


@kernel
def line_words(data: Bytes, start: int, end: int, table: Table) -> tuple[int, int]:
    """Number of words between white space, as `str.split` has it, and the longest one's characters."""
    count, longest, length, i = 0, 0, 0, start
    while i < end:
        code, width = decode(data, i, end)
        length = 0 if table[code] & KIND == SPACE else length + 1
        count += length == 1
        longest = max(longest, length)
        i += width
    return count, longest


@kernel
def _lowered(data: Bytes, start: int, end: int, table: Table, rules: LineRules, lower: Bytes) -> int:
    """The line without citations and with a-z for A-Z into `lower`; returns its size."""
    i, size = start, 0
    while i < end:
        c = data[i]
        if c == _OPEN and rules.citations:
            stop = _citation_end(data, i, end, table, rules)
            if stop > i:
                i = stop
                continue
        lower[size] = c + np.uint8(32) if 65 <= c <= 90 else c
        size += 1
        i += 1
    return size


@kernel
def _terminated(line: Bytes, size: int, terminals: Bytes) -> bool:
    if size >= 3 and line[size - 1] == _STOP and line[size - 2] == _STOP and line[size - 3] == _STOP:
        return False
    found = False
    for terminal in terminals:
        found |= size > 0 and terminal == line[size - 1]
    return found


@kernel
def _phrase(line: Bytes, size: int, rules: LineRules) -> int:
    """Index of the first of the phrases that the line holds, -1 without any. Empty phrases are never met."""
    offsets = rules.phrase_offsets
    found, left = -1, len(offsets) - 1
    for i in range(size):
        if not rules.firsts[line[i]]:
            continue
        for n in range(left):
            first, last = offsets[n], offsets[n + 1]
            if first < last <= first + size - i and _same(line, i, rules.phrases, first, last):
                found = left = n
                break
    return found


@kernel
def _same(data: Bytes, i: int, phrases: Bytes, first: int, last: int) -> bool:
    n = 0
    while n < last - first and data[i + n] == phrases[first + n]:
        n += 1
    return n == last - first


@kernel
def _citation_end(data: Bytes, i: int, end: int, table: Table, rules: LineRules) -> int:
    """Where the citation from the `[` at `i` ends: digits and `]`, or a note. `i` if there is none."""
    for n in range(len(rules.note_offsets) - 1):
        first, last = int(rules.note_offsets[n]), int(rules.note_offsets[n + 1])
        if i + last - first <= end and _same(data, i, rules.notes, first, last):
            return i + last - first
    at = i + 1
    while at < end:
        code, width = decode(data, at, end)
        if code == _CLOSE:
            return at + 1
        if not table[code] & DIGIT:
            return i
        at += width
    return i


@kernel
def trim_kept(data: Bytes, start: int, end: int, table: Table, marks: Bytes) -> None:
    """Mark the white space at both ends of what is kept."""
    i = start
    while i < end:
        code, width = decode(data, i, end)
        if marks[i] == KEPT:
            if table[code] & KIND != SPACE:
                break
            marks[i : i + width] = WHITESPACE
        i += width
    while end > i:
        at = end - 1
        while at > i and data[at] & 0xC0 == 0x80:
            at -= 1
        if marks[at] == KEPT:
            if table[decode(data, at, end)[0]] & KIND != SPACE:
                return
            marks[at:end] = WHITESPACE
        end = at
