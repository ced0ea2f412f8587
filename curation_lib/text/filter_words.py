"""The words that quality filters count, as 64-bit hashes and lengths straight from UTF-8 bytes.

White space (`str.isspace`) parts chunks. Letters alone are one word, and so are letters before one sign, which is a
word too; `text.affixes` splits all other chunks, by rules that come near spaCy's for the document's language
(`text.word_rules`). Case counts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.affixes import mark_starts
from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import (
    AFFIX,
    ALONE,
    ALPHABETIC,
    BREAK,
    KIND,
    LOWER,
    PUNCTUATION,
    QUOTE,
    SENTENCE_END,
    SPACE,
    SYMBOL,
    Table,
    decode,
)
from curation_lib.text.chunk_arrays import Codes, Kinds, Starts
from curation_lib.text.chunks import MARKS
from curation_lib.text.kernels import kernel
from curation_lib.text.lines import count_line
from curation_lib.text.occurrences import spread
from curation_lib.text.special_words import Exceptions
from curation_lib.text.word_arrays import GAP, PRIME, SEED, Words

_NEWLINE, _RETURN, _BLANK, _DOT, _CLOSING, _0, _9 = (ord(c) for c in "\n\r .)09")
_OPENING = tuple(ord(c) for c in '(["`*')  # a word by itself in front of letters, in any language
_ALL = SYMBOL | SENTENCE_END | PUNCTUATION
_LAST_BITS = np.uint64(MARKS - 1)
_ABBREVIATION = 6  # letters of the longest that is listed and ends in a small one


class Chunk(NamedTuple):
    """Scratch for the longest chunk: code points, what they are, where words begin."""

    codes: Codes
    kinds: Kinds
    starts: Starts


@njit(nogil=True, cache=True)
def room_for_chunk(characters: int) -> Chunk:
    """7 bytes a character."""
    return Chunk(np.empty(characters, np.int32), np.empty(characters, np.uint16), np.empty(characters, np.uint8))


@kernel
def split_words(
    data: Bytes, start: int, end: int, table: Table, style: int, lists: Exceptions, chunk: Chunk, words: Words, out: Any
) -> int:
    """Split data[start:end] into `words`, which has room for one per byte; returns how many there are.

    `style` is word_rules.style_of the language. Counts lines of str.splitlines into `out` on the way.
    """
    several = lists.letters
    n, line, i, before, last, flags = 0, start, start, -1, -1, BREAK | GAP
    while i < end:
        at = i
        h: Any = SEED
        length: Any = 0
        digits: Any = 0
        now: Any = SPACE
        kind: Any = 0  # of the last character of the word
        code: Any = 0
        width: Any = 0
        opened = data[i] in _OPENING
        if opened:
            i += 1
        while i < end:  # letters, then digits
            first = data[i]
            if first < 0x80:
                code, width = np.int64(first), 1
            else:
                code, width = decode(data, i, end)
            now = np.int64(table[code])
            if now & ALPHABETIC and not digits and now & KIND != ALONE:
                kind = now
            elif _0 <= code <= _9:
                digits += 1
            else:
                break
            h, length, i = (h ^ np.uint64(code)) * PRIME, length + 1, i + width
        if at == i and now & KIND == SPACE:
            if now & BREAK:
                if not (code == _NEWLINE and before == _RETURN):
                    count_line(data, line, i, table, out)
                line, flags = i + width, BREAK | GAP
            elif code != _BLANK or i != last:
                flags |= GAP
            before = code
            i += width
            continue
        key = spread(h)
        ends = i == end or now & KIND == SPACE
        plain = length > opened and not several[np.int64(key & _LAST_BITS)]
        if plain and not ends:
            comes_off = code == _DOT and kind & LOWER != 0 and not digits and length > _ABBREVIATION
            if now & AFFIX and not now & QUOTE and not (digits and code == _CLOSING):
                comes_off = True
            plain = comes_off and _space_at(data, i + width, end, table)
        if plain:
            if opened:
                opening: Any = np.int64(data[at])
                n = _add(words, n, _sign(opening), 1, table[opening] & _ALL | flags)
                flags = 0
            n = _add(words, n, key, length, kind & ALPHABETIC | flags)
            if not ends:
                n = _add(words, n, _sign(code), 1, now & _ALL)
                i += width
        elif length == 0 and not opened and _space_at(data, i + width, end, table):
            i += width
            n = _add(words, n, _sign(code), 1, now & (_ALL | ALPHABETIC) | flags)
        else:
            i, n = _split_by_rules(data, at, end, table, style, lists, chunk, flags, words, n)
        flags, before, last = 0, -1, i
    if line < end:
        count_line(data, line, end, table, out)
    return n


@kernel
def _sign(code: int) -> np.uint64:
    """The hash of a word of one character."""
    return spread((SEED ^ np.uint64(code)) * PRIME)


@kernel
def _space_at(data: Bytes, i: int, end: int, table: Table) -> bool:
    if i >= end:
        return True
    code = np.int64(data[i]) if data[i] < 0x80 else decode(data, i, end)[0]
    space: bool = table[code] & KIND == SPACE
    return space


@kernel
def _split_by_rules(
    data: Bytes, i: int, end: int, table: Table, style: int, lists: Exceptions, chunk: Chunk, flags: int,
    words: Words, n: int,
) -> tuple[int, int]:  # fmt: skip
    size = 0
    while i < end:
        code, width = decode(data, i, end)
        if table[code] & KIND == SPACE:
            break
        chunk.codes[size], chunk.kinds[size] = code, table[code]
        size, i = size + 1, i + width
    mark_starts(chunk.codes, chunk.kinds, size, style, lists, chunk.starts)
    at = 0
    while at < size:
        h: Any = SEED
        length: Any = 0
        any_: Any = 0
        all_: Any = _ALL
        while at < size and (length == 0 or not chunk.starts[at]):
            h = (h ^ np.uint64(chunk.codes[at])) * PRIME
            any_, all_ = any_ | np.int64(chunk.kinds[at]), all_ & np.int64(chunk.kinds[at])
            at, length = at + 1, length + 1
        n = _add(words, n, spread(h), length, all_ | (any_ & ALPHABETIC) | flags)
        flags = 0
    return i, n


@kernel
def _add(words: Words, n: int, h: np.uint64, length: int, flags: int) -> int:
    words.hashes[n] = h
    words.ends[n + 1] = words.ends[n] + length
    words.flags[n] = flags
    return n + 1
