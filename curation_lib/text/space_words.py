"""The words of `str.split()`, which Dolma, DCLM and NeMo Curator count, straight from UTF-8 bytes."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import ALPHABETIC, KIND, SPACE, Table, character_table, decode, phrase_bytes
from curation_lib.text.codepoints import word_table
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import spread
from curation_lib.text.unicode_ranges import ranges

LETTER, MARKED, LIKE_LETTER = 1, 2, 4
"""A word's flags: one of its characters is `str.isalpha`; is `#` or `…`; is Alphabetic to Unicode."""

_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, over code points
_DOTTED_I = 0x130  # the one letter whose lower case has two code points
_HASH, _ELLIPSIS = 0x23, 0x2026
_LIKE = 1 << 4  # in the letter table: Alphabetic to Unicode


class SpaceWords(NamedTuple):
    """Word i has hash `hashes[i]`, ends[i + 1] - ends[i] characters, and is data[starts[i]:stops[i]].

    runs: how many runs of `#` it holds.
    """

    hashes: Hashes
    ends: Counts
    starts: Counts
    stops: Counts
    flags: npt.NDArray[np.uint8]
    runs: Counts


@njit(nogil=True, cache=True)
def space_room(size: int) -> SpaceWords:
    """Room for the words of a text of `size` bytes: 41 bytes a word, used as far as there are words."""
    words = 2 * size // 3 + 2  # the most that any of our splitters finds: a letter of one byte, a number of two
    return SpaceWords(
        np.empty(words, np.uint64), np.zeros(words + 1, np.int64), np.empty(words, np.int64),
        np.empty(words, np.int64), np.empty(words, np.uint8), np.empty(words, np.int64),
    )  # fmt: skip


@cache
def letter_table() -> Table:
    """The character table, with ALPHABETIC for `str.isalpha` and LIKE_LETTER's bit for Unicode's Alphabetic."""
    table = character_table() & np.uint16(KIND | ALPHABETIC)
    table[table & KIND != SPACE] = (table[table & KIND != SPACE] & ALPHABETIC) | 1
    table[table & ALPHABETIC != 0] |= _LIKE
    for first, last in ranges("Alphabetic"):
        table[first : last + 1] |= _LIKE
    table.flags.writeable = False
    return table


@cache
def lower_table() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: the lower case of each code point, itself where that is not one code point."""
    lower = word_table() >> 2
    table: npt.NDArray[np.uint32] = np.where(lower == 0, np.arange(0x110000), lower).astype(np.uint32)
    table[_DOTTED_I] = _DOTTED_I
    table.flags.writeable = False
    return table


@cache
def same_table() -> npt.NDArray[np.uint32]:
    """Each code point as it is: for dialects that tell case apart."""
    table = np.arange(0x110000, dtype=np.uint32)
    table.flags.writeable = False
    return table


@njit(nogil=True, cache=True)
def split_at_space(
    data: Bytes, start: int, end: int, table: Table, folded: npt.NDArray[np.uint32], words: SpaceWords
) -> int:
    """Put the words of data[start:end] into `words`; returns how many there are. Hashes are those of the folded
    code points."""
    n, i = 0, start
    while i < end:
        code, width = decode(data, i, end)
        entry: Any = table[code]
        if entry & KIND == SPACE:
            i += width
            continue
        words.starts[n] = i
        h: Any = _SEED
        length, flags, runs, before = 0, 0, 0, 0
        while entry & KIND != SPACE:
            h, length = (h ^ np.uint64(folded[code])) * _PRIME, length + 1
            if entry & (ALPHABETIC | _LIKE):
                flags |= (LETTER if entry & ALPHABETIC else 0) | LIKE_LETTER
            elif code in (_HASH, _ELLIPSIS):
                flags |= MARKED
                runs += code == _HASH != before
            before = code
            i += width
            if i >= end:
                break
            code, width = decode(data, i, end)
            entry = table[code]
        words.hashes[n], words.ends[n + 1] = spread(h), words.ends[n] + length
        words.stops[n], words.flags[n], words.runs[n] = i, flags, runs
        n += 1
    return n


@cache
def space_word_hash(word: str, fold: bool) -> Any:
    """The hash (uint64) by which a text knows `word`, in lower case where `fold` is set."""
    data = phrase_bytes(word)
    words = space_room(len(data))
    split_at_space(data, 0, len(data), letter_table(), lower_table() if fold else same_table(), words)
    return words.hashes[0]


def stop_hashes(words: tuple[str, ...], fold: bool) -> Hashes:
    """Sorted hashes of stop words."""
    return np.unique(np.array([space_word_hash(w.lower() if fold else w, fold) for w in words], np.uint64))


@njit(nogil=True, cache=True)
def count_met(hashes: Hashes, n: int, stop_words: Hashes) -> int:
    """How many of the first `n` words are stop words."""
    met = 0
    for i in range(n):
        for word in stop_words:
            met += hashes[i] == word
    return met


@njit(nogil=True, cache=True)
def twice_median(ends: Counts, n: int) -> int:
    """Twice the median length of the first `n` words, 0 without words."""
    if n == 0:
        return 0
    lengths = np.sort(ends[1 : n + 1] - ends[:n])
    return int(lengths[(n - 1) // 2] + lengths[n // 2])
