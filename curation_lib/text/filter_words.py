"""The words that quality filters count, as 64-bit hashes and lengths straight from UTF-8 bytes.

- Letters, numbers, marks and the underscore join into words. A mark or format character (categories M, Cf)
  belongs to what it follows. In scripts written without spaces (`codepoints.UNSPACED`) each letter is a word.
- `.`, `'` and `’` between two joining characters join too ("don't", "example.org", "3.14"), as does `,`
  between two decimal digits ("1,000"): what Unicode's UAX #29 does, a little simplified.
- A run of full stops or of hyphens is a word, and so is every other sign, control character or symbol.
- White space (`str.isspace`) only separates. Case counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import (
    ALONE,
    ALPHABETIC,
    BREAK,
    DIGIT,
    JOINED,
    KIND,
    MARK,
    PUNCTUATION,
    SIGN,
    SPACE,
    SYMBOL,
    TERMINAL,
    Table,
    decode,
    holds,
)
from curation_lib.text.lines import count_line
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import spread

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)  # FNV-1a, over code points
_STOP, _HYPHEN, _COMMA, _HASH, _CURLY, _ELLIPSIS = (ord(c) for c in ".-,#{…")
_APOSTROPHE, _QUOTE = ord("'"), ord("’")
_NEWLINE, _RETURN, _BLANK, _M = 0x0A, 0x0D, 0x20, 0x6D
_1, _63 = np.uint64(1), np.uint64(63)


@njit(nogil=True, cache=True)
def _joins(data: Bytes, i: int, end: int, code: int, before: int, table: Table) -> bool:
    """Whether the sign `code`, which ends at `i`, joins the word before it to what follows."""
    if i >= end or not (code == _STOP or code == _COMMA or code == _APOSTROPHE or code == _QUOTE):
        return False
    after = table[decode(data, i, end)[0]]
    if code == _COMMA:
        return bool(before & DIGIT and after & DIGIT)
    return after & KIND == JOINED


@njit(nogil=True, cache=True)
def scan_words(
    data: Bytes, start: int, end: int, table: Table, stop_words: Hashes, lorem: Bytes,
    words: Hashes, ends: Counts, met: Counts, out: Any,
) -> int:  # fmt: skip
    """Number of words of data[start:end]: hash i in words[i], its characters ends[i + 1] - ends[i].

    `stop_words` are sorted hashes; met[k] becomes 1 where the k-th occurs. `out`: the row of statistics.
    """
    n, kind, h, length, either, both = 0, SPACE, _SEED, 0, 0, 0
    i, line, before, last = start, start, -1, 0
    dots, pending, begun = 0, False, False
    characters = hashes = ellipses = curly = phrases = 0
    plain = plain_length = alphabetic = sentences = 0
    ends[0] = 0
    perhaps = np.uint64(0)
    for stop_word in stop_words:
        perhaps |= _1 << (stop_word & _63)
    while i <= end:
        at = i
        if i < end:
            code, width = decode(data, i, end)
            i += width
            entry = np.int64(table[code])
            characters += 1
        else:  # a space behind the text ends its last word
            code, entry = -1, SPACE
            i += 1
        k = entry & KIND
        goes_on = (
            k == MARK
            or (k == JOINED and kind == JOINED)
            or (k == SIGN and code == before and (code == _STOP or code == _HYPHEN))
        )
        if k == SIGN and kind == JOINED and _joins(data, i, end, code, last, table):
            goes_on, k = True, JOINED
        if kind != SPACE and not goes_on:
            words[n] = spread(h)
            ends[n + 1] = ends[n] + length
            n += 1
            if not both & SYMBOL:
                plain += 1
                plain_length += length
            alphabetic += (either & ALPHABETIC) != 0
            if perhaps >> (words[n - 1] & _63) & _1:
                _meet(words[n - 1], stop_words, met)
            ends_sentence = length == 1 and both & TERMINAL
            if not begun or (pending and not both & PUNCTUATION and not ends_sentence):
                sentences += 1
                begun, pending = True, False
            if ends_sentence:
                pending = True
            kind = SPACE
        if k != SPACE:
            if kind == SPACE:
                kind = JOINED if k == MARK else k
                h, length, either, both = _SEED, 0, 0, entry
            h = (h ^ np.uint64(code)) * _PRIME
            length += 1
            either |= entry
            both &= entry
        if k == JOINED:
            word = i
            while i < end and data[i] < 0x80 and table[data[i]] & KIND == JOINED:  # most of most texts
                code, entry = np.int64(data[i]), np.int64(table[data[i]])
                h = (h ^ np.uint64(code)) * _PRIME
                either |= entry
                both &= entry
                i += 1
            length += i - word
            characters += i - word
        if code == _STOP:
            dots = dots + 1 if before == _STOP else 1
            ellipses += dots % 3 == 0
        ellipses += code == _ELLIPSIS
        hashes += code == _HASH
        curly += code == _CURLY
        if (
            code == _BLANK
            and at - 5 >= line
            and data[at - 1] | _BLANK == _M
            and holds(data, at - 5, end, lorem)
        ):
            phrases += 1
        if entry & BREAK:
            if not (code == _NEWLINE and before == _RETURN):
                count_line(data, line, at, table, out)
            line, begun, pending = i, False, False
        before, last = code, entry
    if line < end:
        count_line(data, line, end, table, out)
    out.characters, out.words, out.symbol_free_words = characters, n, plain
    out.symbol_free_characters, out.alphabetic_words = plain_length, alphabetic
    out.hashes, out.ellipses, out.curly_brackets = hashes, ellipses, curly
    out.lorem_ipsum, out.sentences = phrases, sentences
    return n


@njit(nogil=True, cache=True)
def _meet(word: np.uint64, stop_words: Hashes, met: Counts) -> None:
    low, high = 0, stop_words.shape[0]
    while low < high:
        middle = (low + high) // 2
        if stop_words[middle] < word:
            low = middle + 1
        else:
            high = middle
    if low < stop_words.shape[0] and stop_words[low] == word:
        met[low] = 1
