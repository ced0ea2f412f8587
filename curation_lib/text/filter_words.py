"""The words that quality filters count, as 64-bit hashes and lengths straight from UTF-8 bytes.

White space (`str.isspace`) parts chunks. Letters alone are one word, and so are letters before one sign, which is a
word too; `text.affixes` splits all other chunks, by rules that come near spaCy's for the document's language
(`text.word_rules`). Case counts.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.affixes import mark_starts
from curation_lib.text.blocks import chunk_end, letters_end, text_hash, trailing_zeros
from curation_lib.text.buffers import Bytes, Hashes
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
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.lines import count_line
from curation_lib.text.occurrences import spread
from curation_lib.text.special_words import Exceptions
from curation_lib.text.word_arrays import GAP, Words

_NEWLINE, _RETURN, _BLANK, _DOT, _CLOSING, _0, _9 = (ord(c) for c in "\n\r .)09")
_OPENING = tuple(ord(c) for c in '(["`*')  # a word by itself in front of letters, in any language
_ALL = SYMBOL | SENTENCE_END | PUNCTUATION
_LAST_BITS = np.uint64(MARKS - 1)
_THREAD = threading.local()
_1 = np.uint64(1)
_REMEMBERED = 64  # bytes of the longest chunk that `splits` holds
_ABBREVIATION = 6  # letters of the longest that is listed and ends in a small one


class Chunk(NamedTuple):
    """Scratch for the longest chunk: code points, what they are, where words begin. splits: see `known_splits`."""

    codes: Codes
    kinds: Kinds
    starts: Starts
    splits: Hashes


@njit(nogil=True, cache=True)
def room_for_chunk(characters: int, splits: Hashes) -> Chunk:
    """7 bytes a character."""
    codes, kinds = np.empty(characters, np.int32), np.empty(characters, np.uint16)
    return Chunk(codes, kinds, np.empty(characters, np.uint8), splits)


def known_splits() -> Hashes:
    """How chunks split that were met before, once a thread (1 MB): pairs of a chunk's hash, with its style, and of the
    bytes at which its words begin. The newest of those that want one place has it. Half of a corpus's odd chunks are
    ones like `1.`, `don't` and `(e.g.`, and a split costs ten times as much as a look-up."""
    if not hasattr(_THREAD, "splits"):
        _THREAD.splits = np.zeros(1 << 17, np.uint64)
    return _THREAD.splits  # type: ignore[no-any-return]


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
        if data[i] == _BLANK and i == last:
            before = _BLANK
            i += 1
            continue
        at = i
        digits: Any = 0
        now: Any = SPACE
        kind: Any = 0  # of the last character of the word
        code: Any = 0
        width: Any = 0
        opened = table[data[i]] & AFFIX != 0 and data[i] in _OPENING
        if opened:
            i += 1
        i = letters_end(data, i, end)
        length: Any = i - at - opened
        if length:
            if i < end and data[i] == _BLANK and not opened:  # the commonest chunk by far
                key = text_hash(data, at, i)
                if not several[np.int64(key & _LAST_BITS)]:
                    n = _add(words, n, key, length, ALPHABETIC | flags)
                    flags, before, last = 0, -1, i
                    continue
            now = kind = np.int64(table[data[i - 1]])
        while i < end:  # more letters, then digits
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
            length, i = length + 1, i + width
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
        key = text_hash(data, at + opened, i)
        ends = i == end or now & KIND == SPACE
        plain = length > opened and not several[np.int64(key & _LAST_BITS)]
        if plain and not ends:
            comes_off = code == _DOT and kind & LOWER != 0 and not digits and length > _ABBREVIATION
            if now & AFFIX and not now & QUOTE and not (digits and code == _CLOSING):
                comes_off = True
            plain = comes_off and _space_at(data, i + width, end, table)
        if plain:
            if opened:
                sign: Any = np.int64(table[data[at]])
                n = _add(words, n, text_hash(data, at, at + 1), 1, sign & _ALL | flags)
                flags = 0
            n = _add(words, n, key, length, kind & ALPHABETIC | flags)
            if not ends:
                n = _add(words, n, text_hash(data, i, i + width), 1, now & _ALL)
                i += width
        elif length == 0 and not opened and _space_at(data, i + width, end, table):
            n = _add(words, n, text_hash(data, i, i + width), 1, now & (_ALL | ALPHABETIC) | flags)
            i += width
        else:
            i, n = _split_by_rules(data, at, end, table, style, lists, chunk, flags, words, n)
        flags, before, last = 0, -1, i
    if line < end:
        count_line(data, line, end, table, out)
    return n


@inlined
def _space_at(data: Bytes, i: int, end: int, table: Table) -> bool:
    if i >= end:
        return True
    code = np.int64(data[i]) if data[i] < 0x80 else decode(data, i, end)[0]
    space: bool = table[code] & KIND == SPACE
    return space


@kernel
def _split_by_rules(
    data: Bytes, start: int, end: int, table: Table, style: int, lists: Exceptions, chunk: Chunk, flags: int,
    words: Words, n: int,
) -> tuple[int, int]:  # fmt: skip
    """The words of the chunk at `start`; returns where it ends and how many words there are now."""
    stop = chunk_end(data, start, end, table)
    if stop - start > _REMEMBERED:
        _find_starts(data, start, stop, table, style, lists, chunk)
        at = start
        for i in range(start + 1, stop + 1):
            if i == stop or chunk.starts[i - start]:
                n = _add_word(data, at, i, table, flags, words, n)
                flags, at = 0, i
        return stop, n
    key = spread(text_hash(data, start, stop) + np.uint64(style))
    where = (key & np.uint64(len(chunk.splits) // 2 - 1)) << _1
    if chunk.splits[where] != key:
        _find_starts(data, start, stop, table, style, lists, chunk)
        bits = np.uint64(0)
        for k in range(1, stop - start):
            bits |= np.uint64(chunk.starts[k]) << np.uint64(k)
        chunk.splits[where], chunk.splits[where | _1] = key, bits
    at, bits = start, chunk.splits[where | _1]
    while bits:
        i = start + trailing_zeros(bits)
        n = _add_word(data, at, i, table, flags, words, n)
        flags, at, bits = 0, i, bits & (bits - _1)
    return stop, _add_word(data, at, stop, table, flags, words, n)


@kernel
def _find_starts(
    data: Bytes, start: int, stop: int, table: Table, style: int, lists: Exceptions, chunk: Chunk
) -> None:  # fmt: skip
    """chunk.starts[k] becomes 1 where a word begins at byte start + k, else 0."""
    size, i = 0, start
    while i < stop:
        code, width = decode(data, i, stop)
        chunk.codes[size], chunk.kinds[size] = code, table[code]
        size, i = size + 1, i + width
    mark_starts(chunk.codes, chunk.kinds, size, style, lists, chunk.starts)
    for k in range(stop - start - 1, -1, -1):  # from characters to bytes, in place
        first = data[start + k] & 0xC0 != 0x80
        size -= first
        chunk.starts[k] = chunk.starts[size] if first else 0


@kernel
def _add_word(data: Bytes, start: int, stop: int, table: Table, flags: int, words: Words, n: int) -> int:
    length: Any = 0
    any_: Any = 0
    all_: Any = _ALL
    i = start
    while i < stop:
        code, width = decode(data, i, stop)
        any_, all_ = any_ | np.int64(table[code]), all_ & np.int64(table[code])
        length, i = length + 1, i + width
    return _add(words, n, text_hash(data, start, stop), length, all_ | (any_ & ALPHABETIC) | flags)


@inlined
def _add(words: Words, n: int, h: np.uint64, length: int, flags: int) -> int:
    words.hashes[n] = h
    words.ends[n + 1] = words.ends[n] + length
    words.flags[n] = flags
    return n + 1
