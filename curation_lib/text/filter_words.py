"""The words that quality filters count, as 64-bit hashes and lengths straight from UTF-8 bytes.

- Letters, numbers, marks and the underscore join into words. A mark or format character (categories M, Cf)
  belongs to what it follows. In scripts written without spaces (`codepoints.UNSPACED`) each letter is a word.
- `.`, `'` and `’` between two joining characters join too ("don't", "example.org", "3.14"), as does `,`
  between two decimal digits ("1,000"): what Unicode's UAX #29 does, a little simplified.
- A run of full stops or of hyphens is a word, and so is every other sign, control character or symbol.
- White space (`str.isspace`) only separates. Case counts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import (
    ALPHABETIC,
    BREAK,
    DIGIT,
    JOINED,
    KIND,
    MARK,
    MIDDLE,
    PUNCTUATION,
    RUN,
    SIGN,
    SPACE,
    SYMBOL,
    TERMINAL,
    Table,
    decode,
)
from curation_lib.text.lines import count_line
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import spread

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)  # FNV-1a, over code points
_COMMA, _NEWLINE, _RETURN, _LETTER = (ord(c) for c in ",\n\ra")
_1, _63 = np.uint64(1), np.uint64(63)
_ALL = SYMBOL | TERMINAL | PUNCTUATION


class Words(NamedTuple):
    """Word i has hash `hashes[i]` and ends[i + 1] - ends[i] characters. `flags[i]`: SYMBOL, TERMINAL and
    PUNCTUATION where all its characters are, ALPHABETIC where one is, BREAK where a line broke before it."""

    hashes: Hashes
    ends: Counts
    flags: npt.NDArray[np.uint16]


@njit(nogil=True, cache=True)
def room_for(words: int) -> Words:
    """18 bytes a word."""
    return Words(np.empty(words, np.uint64), np.zeros(words + 1, np.int64), np.empty(words, np.uint16))


@njit(nogil=True, cache=True)
def split_words(data: Bytes, start: int, end: int, table: Table, words: Words, out: Any) -> int:
    """Split data[start:end] into `words`, which has room for one per byte; returns how many there are.

    Counts lines of str.splitlines into `out` on the way.
    """
    n, kind, broken, line, i = 0, SPACE, BREAK, start, start
    h: Any = _SEED
    length: Any = 0
    any_: Any = 0
    all_: Any = 0
    before: Any = -1  # the code point, and what it is
    last: Any = 0
    while i < end:
        at = i
        code, width = decode(data, i, end)
        i += width
        entry: Any = np.int64(table[code])
        k = entry & KIND
        if k == SIGN and kind == JOINED and _joins(data, i, end, code, entry, last, table):
            k = JOINED
        if kind != SPACE and not (k == MARK or k == kind == JOINED or (entry & RUN and code == before)):
            n = _add(words, n, h, length, any_, all_, broken)
            kind, broken = SPACE, 0
        if k != SPACE:
            if kind == SPACE:
                kind = JOINED if k == MARK else k
                h, length, any_, all_ = _SEED, 0, 0, entry
            h, length, any_, all_ = (h ^ np.uint64(code)) * _PRIME, length + 1, any_ | entry, all_ & entry
            first = i
            while k == JOINED and i < end and data[i] < 0x80 and table[data[i]] & KIND == JOINED:
                entry = np.int64(table[data[i]])  # most of most texts
                h, any_, all_ = (h ^ np.uint64(data[i])) * _PRIME, any_ | entry, all_ & entry
                i += 1
            length += i - first
            code = code if i == first else _LETTER  # any: only signs are compared with `before`
        elif entry & BREAK:
            if not (code == _NEWLINE and before == _RETURN):
                count_line(data, line, at, table, out)
            line, broken = i, BREAK
        before, last = code, entry
    if kind != SPACE:
        n = _add(words, n, h, length, any_, all_, broken)
    if line < end:
        count_line(data, line, end, table, out)
    return n


@njit(nogil=True, cache=True)
def _joins(data: Bytes, i: int, end: int, code: int, entry: int, last: int, table: Table) -> bool:
    """Whether the sign `code`, which ends at `i`, joins the word before it to what follows."""
    if i >= end or not (entry & MIDDLE or code == _COMMA):
        return False
    after = table[decode(data, i, end)[0]]
    if code == _COMMA:
        return last & DIGIT != 0 and after & DIGIT != 0
    joins: bool = after & KIND == JOINED
    return joins


@njit(nogil=True, cache=True)
def _add(words: Words, n: int, h: np.uint64, length: int, any_: int, all_: int, broken: int) -> int:
    words.hashes[n] = spread(h)
    words.ends[n + 1] = words.ends[n] + length
    words.flags[n] = (all_ & _ALL) | (any_ & ALPHABETIC) | broken
    return n + 1


@njit(nogil=True, cache=True)
def count_words(words: Words, n: int, stop_words: Hashes, out: Any) -> None:
    """What the first `n` words are. `stop_words` are sorted hashes."""
    plain = characters = alphabetic = 0
    for i in range(n):
        if not words.flags[i] & SYMBOL:
            plain += 1
            characters += words.ends[i + 1] - words.ends[i]
        alphabetic += (words.flags[i] & ALPHABETIC) != 0
    out.words, out.symbol_free_words, out.symbol_free_characters = n, plain, characters
    out.alphabetic_words, out.stop_words = alphabetic, _met(words.hashes, n, stop_words)
    out.sentences = _sentences(words, n)


@njit(nogil=True, cache=True)
def _sentences(words: Words, n: int) -> int:
    """Sentences as spaCy's sentencizer ends them in each line: at a terminal that is a word by itself, before
    the next word that is no punctuation."""
    sentences, ended = 0, False
    for i in range(n):
        flags = words.flags[i]
        terminal = flags & TERMINAL and words.ends[i + 1] - words.ends[i] == 1
        if flags & BREAK or (ended and not terminal and not flags & PUNCTUATION):
            sentences += 1
            ended = False
        ended |= terminal != 0
    return sentences


@njit(nogil=True, cache=True)
def _met(hashes: Hashes, n: int, stop_words: Hashes) -> int:
    """How many different stop words occur."""
    met = np.zeros(len(stop_words), np.uint8)
    perhaps = np.uint64(0)  # a set of last 6 bits, which spares most searches
    for word in stop_words:
        perhaps |= _1 << (word & _63)
    for i in range(n):
        if perhaps >> (hashes[i] & _63) & _1:
            k = np.searchsorted(stop_words, hashes[i])
            if k < len(stop_words) and stop_words[k] == hashes[i]:
                met[k] = 1
    return int(met.sum())
