"""Phrases in a text, in any case: a trie over code points that kernels walk.

Text and phrases are folded: letters, numbers and marks are lower-cased one at a time (the first code point of
`str.lower`), a run of white space is one space. Word characters are letters, numbers, marks, format characters and
`_`. No Unicode form is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.characters import ALONE, KIND, MARK, SIGN, SPACE, character_table, decode
from curation_lib.text.codepoints import word_table

Folds = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
_BITS = 3  # of the kind
_BLANK = 0x20
_GOLDEN, _16, _21 = np.uint64(0x9E3779B97F4A7C15), np.uint64(16), np.uint64(21)


class Phrases(NamedTuple):
    """Edge (state, code point) -> state, in open addressing: `keys` (0 is free) and `states`, a power of two long.

    ends: per state, which phrase ends there, -1 for none. firsts: whether a phrase begins with a code point, by its
    low 16 bits.
    """

    keys: Hashes
    states: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    firsts: npt.NDArray[np.bool_]


@cache
def fold_table() -> Folds:
    """uint32[0x110000]: `folded << 3 | kind` of every code point (see `text.characters` for the kinds). 4.5 MB."""
    lower, kinds = word_table() >> 2, (character_table() & KIND).astype(np.uint32)
    codes = np.arange(0x110000, dtype=np.uint32)
    folded = np.where(kinds == SPACE, _BLANK, np.where(word_table() & 3, lower, codes)).astype(np.uint32)
    table: Folds = (folded << _BITS | kinds).astype(np.uint32)
    table.flags.writeable = False
    return table


def fold(phrase: str) -> list[int]:
    """The code points by which a phrase is known, without white space at its ends."""
    table = fold_table()
    return [int(table[ord(c)]) >> _BITS for c in " ".join(phrase.split())]


def phrases(entries: Sequence[str]) -> Phrases:
    """The trie of `entries`, numbered in order; empty ones are never met, of equal ones the first counts."""
    edges: dict[tuple[int, int], int] = {}
    ends = [-1]
    for number, entry in enumerate(entries):
        state = 0
        for code in fold(entry):
            state = edges.setdefault((state, code), len(ends))
            if state == len(ends):
                ends.append(-1)
        if state and ends[state] < 0:
            ends[state] = number
    firsts = np.zeros(1 << 16, np.bool_)
    firsts[[code & 0xFFFF for state, code in edges if state == 0]] = True
    keys = np.array([(state << 21 | code) + 1 for state, code in edges], np.uint64)
    slots = 2 << max(2, len(edges).bit_length())
    return Phrases(*_table(keys, np.array(list(edges.values()), np.int32), slots), np.array(ends, np.int32), firsts)


@njit(nogil=True, cache=True)
def _slot(key: np.uint64, slots: int) -> np.int64:
    mixed = key * _GOLDEN
    return np.int64((mixed >> _16) ^ (mixed >> np.uint64(40))) & (slots - 1)


@njit(nogil=True, cache=True)
def _table(keys: Hashes, values: npt.NDArray[np.int32], slots: int) -> tuple[Hashes, npt.NDArray[np.int32]]:
    found, states = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    for n in range(len(keys)):
        at = _slot(keys[n], slots)
        while found[at]:
            at = (at + 1) & (slots - 1)
        found[at], states[at] = keys[n], values[n]
    return found, states


@njit(nogil=True, cache=True)
def _next(trie: Phrases, state: int, code: int) -> int:
    """The state behind the edge, -1 without one."""
    key = (np.uint64(state) << _21 | np.uint64(code)) + np.uint64(1)
    at = _slot(key, len(trie.keys))
    while trie.keys[at]:
        if trie.keys[at] == key:
            return int(trie.states[at])
        at = (at + 1) & (len(trie.keys) - 1)
    return -1


@njit(nogil=True, cache=True)
def is_word(kind: int) -> bool:
    """Whether a character of this kind is part of words."""
    return kind != SPACE and kind != SIGN


@njit(nogil=True, cache=True)
def longest_phrase(data: Bytes, i: int, end: int, trie: Phrases, table: Folds, whole: bool) -> tuple[int, int]:
    """`(where it ends, which)` of the longest phrase at `i`, -1s without one. `whole`: no word character follows."""
    state, best, which = 0, -1, -1
    while i < end:
        code, width = decode(data, i, end)
        entry: Any = np.int64(table[code])
        i += width
        if entry & KIND == SPACE:
            i = _behind_space(data, i, end, table)
        state = _next(trie, state, entry >> _BITS)
        if state < 0:
            break
        if trie.ends[state] >= 0 and not (whole and i < end and is_word(kind_at(data, i, end, table))):
            best, which = i, trie.ends[state]
    return best, which


@njit(nogil=True, cache=True)
def kind_at(data: Bytes, i: int, end: int, table: Folds) -> int:
    kind: Any = np.int64(table[decode(data, i, end)[0]]) & KIND
    return kind  # type: ignore[no-any-return]


@njit(nogil=True, cache=True)
def _behind_space(data: Bytes, i: int, end: int, table: Folds) -> int:
    while i < end:
        code, width = decode(data, i, end)
        if table[code] & KIND != SPACE:
            break
        i += width
    return i


@njit(nogil=True, cache=True)
def count_phrases(
    data: Bytes, offsets: Offsets, rows: Counts, trie: Phrases, table: Folds, whole: bool, found: Counts, words: Counts
) -> None:
    """Into `found` and `words`, at each of `rows`: phrases met, from left to right, the longest first, none within
    another; and words: runs of word characters, in scripts without spaces each letter with its marks.

    whole: only where no word character stands before or behind.
    """
    for row in rows:
        i, end, free, before, alone = offsets[row], offsets[row + 1], offsets[row], SPACE, False
        while i < end:
            code, width = decode(data, i, end)
            entry: Any = np.int64(table[code])
            kind = entry & KIND
            if i >= free and trie.firsts[(entry >> _BITS) & 0xFFFF] and not (whole and is_word(before)):
                stop, which = longest_phrase(data, i, end, trie, table, whole)
                if which >= 0:
                    found[row] += 1
                    free = stop
            if is_word(kind):
                new = kind == ALONE or not is_word(before) or (alone and kind != MARK)
                words[row] += new
                alone = kind == ALONE or (alone and not new)
            before = kind
            i += width


def counted(data: Bytes, offsets: Offsets, rows: Counts, trie: Phrases, whole: bool, found: Any, words: Any) -> None:
    """`count_phrases` with the table of this process."""
    count_phrases(data, offsets, rows, trie, fold_table(), whole, found, words)
