"""Which lines of a text are the page's furniture, one mark per byte (after RefinedWeb, Penedo et al. 2023, G.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.characters import (
    ALONE,
    ALPHABETIC,
    BREAK,
    DIGIT,
    KIND,
    MARK,
    SPACE,
    Table,
    decode,
    skip_space,
    strip_space,
)
from curation_lib.text.line_edits import ODD_LINE, trim_kept
from curation_lib.text.phrases import Counts, Folds, Phrases, is_word, longest_phrase

KEPT, WHITESPACE, UPPERCASE, NUMERIC, COUNTER, FEW_WORDS, PHRASE = range(7)
"""Marks. PHRASE + n: the line meets a phrase of group n. The top bit tells neighbouring removed lines apart."""
ANYWHERE, START, END, WHOLE, EDGE = range(5)
"""Where in a line a phrase must stand: no word before it, behind it, either, or one of both."""
COUNTED = -1
"""The group of words that are counted (`3 likes`)."""
_NEWLINE, _RETURN, _BITS = 0x0A, 0x0D, 3


class FurnitureRules(NamedTuple):
    """uppercase: largest share of upper-case letters, of letters; min_words: fewest words; -1 turns either off.

    phrase_words: most words of a line that a phrase can take. groups, places: of each phrase of `trie`. longest: as
    phrase_words, for each group (0: phrase_words).
    """

    uppercase: float
    numeric: bool
    counters: bool
    min_words: int
    phrase_words: int
    trie: Phrases
    groups: Counts
    places: Counts
    longest: Counts


@njit(nogil=True, cache=True)
def mark_furniture(
    data: Bytes, offsets: Offsets, table: Table, folds: Folds, rules: FurnitureRules
) -> tuple[Bytes, Counts, Counts]:
    """`(marks, words, marked)`: uint8 per byte of `data`, words of each row and those in marked lines."""
    marks, rows = np.zeros(len(data), np.uint8), len(offsets) - 1
    words, marked = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        line, i, end, odd = offsets[row], offsets[row], offsets[row + 1], 0
        while line < end:
            code, width = (-1, 0) if i >= end else decode(data, i, end)
            if code >= 0 and not table[code] & BREAK:
                i += width
                continue
            after = i + width + (1 if code == _RETURN and i + 1 < end and data[i + 1] == _NEWLINE else 0)
            why, count = _judge(data, line, i, table, folds, rules)
            words[row] += count
            if why:
                marks[line:after] = why | odd
                marked[row] += count
                odd ^= ODD_LINE
            line = i = after
        if marked[row] or np.any(marks[offsets[row] : end] != KEPT):
            trim_kept(data, offsets[row], end, table, marks)
    return marks, words, marked


@njit(nogil=True, cache=True)
def _judge(data: Bytes, start: int, end: int, table: Table, folds: Folds, rules: FurnitureRules) -> tuple[int, int]:
    """`(mark, words)` of the line [start, end)."""
    start = skip_space(data, start, end, table)
    end = strip_space(data, start, end, table)
    if start == end:
        return KEPT, 0
    words, numbers, letters, upper, digits = _measures(data, start, end, table, folds)
    if rules.uppercase >= 0 and letters and upper > rules.uppercase * letters:
        return UPPERCASE, words
    if rules.numeric and digits and not letters:
        return NUMERIC, words
    counted, group = _phrase(data, start, end, words, folds, rules)
    if rules.counters and numbers and counted and numbers + counted == words:
        return COUNTER, words
    if words < rules.min_words:
        return FEW_WORDS, words
    return (PHRASE + group if group >= 0 else KEPT), words


@njit(nogil=True, cache=True)
def _measures(data: Bytes, start: int, end: int, table: Table, folds: Folds) -> tuple[int, int, int, int, int]:
    """Words, words that begin with a digit and hold no letter, letters, upper-case letters, digits.

    Upper-case is a letter that folds to another.
    """
    words = numbers = letters = upper = digits = 0
    before, alone, number, i = SPACE, False, False, start
    while i < end:
        code, width = decode(data, i, end)
        kind, flags = table[code] & KIND, table[code]
        if is_word(kind):
            new = kind == ALONE or not is_word(before) or (alone and kind != MARK)
            if new:
                numbers += number
                words, number = words + 1, flags & DIGIT != 0
            alone = kind == ALONE or (alone and not new)
        if flags & ALPHABETIC:
            letters, number = letters + 1, False
            upper += np.int64(folds[code]) >> _BITS != code
        digits += flags & DIGIT != 0
        before = kind
        i += width
    return words, numbers + number, letters, upper, digits


@njit(nogil=True, cache=True)
def _phrase(data: Bytes, start: int, end: int, words: int, folds: Folds, rules: FurnitureRules) -> tuple[int, int]:
    """Counted words met, and the first group of which a phrase stands where it must, -1 without one."""
    counted, best, met, before, i = 0, -1, False, SPACE, start
    while i < end:
        code, width = decode(data, i, end)
        entry: Any = np.int64(folds[code])
        kind = entry & KIND
        if rules.trie.firsts[(entry >> _BITS) & 0xFFFF] and not is_word(before):
            stop, which = longest_phrase(data, i, end, rules.trie, folds, True)
            if which >= 0:
                group = rules.groups[which]
                counted += group == COUNTED
                if group >= 0 and words <= (rules.longest[group] or rules.phrase_words):
                    ends = not _words_follow(data, stop, end, folds)
                    if _fits(rules.places[which], not met, ends):
                        best = group if best < 0 else min(best, group)
        met |= is_word(kind)
        before = kind
        i += width
    return counted, best


@njit(nogil=True, cache=True)
def _fits(place: int, begins: bool, ends: bool) -> bool:
    if place == EDGE:
        return begins or ends
    return (begins or place in (ANYWHERE, END)) and (ends or place in (ANYWHERE, START))


@njit(nogil=True, cache=True)
def _words_follow(data: Bytes, i: int, end: int, folds: Folds) -> bool:
    while i < end:
        code, width = decode(data, i, end)
        kind: Any = np.int64(folds[code]) & KIND
        if is_word(kind):
            return True
        i += width
    return False
