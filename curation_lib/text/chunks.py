"""Words looked up by chunk: what stands between white space was split once by a slow tokenizer and is remembered.

A chunk is known by its 64-bit `text_hash`, and the same hash names words. A tokenizer may treat two
chunks together (an emoticon with a space in it): each chunk carries two masks, and where one's tail and the next
one's head share a bit and a single space parts them, both are looked up as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.blocks import chunk_end, letters_end, text_hash
from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import (
    ALPHABETIC,
    BREAK,
    KIND,
    SPACE,
    Table,
    decode,
)
from curation_lib.text.glued_ngrams import glued
from curation_lib.text.kernels import kernel
from curation_lib.text.lines import count_line
from curation_lib.text.ngrams import Counts
from curation_lib.text.word_arrays import GAP, Words

_NEWLINE, _RETURN, _BLANK = (ord(c) for c in "\n\r ")
_1 = np.uint64(1)
_SEVERAL = np.uint64(0)
_ITSELF = -2  # no entry: letters, one word
MARKS = 1 << 14


class Chunks(NamedTuple):
    """Entry e is the words first[e] to first[e + 1] of `hashes`, `lengths` (characters), `flags` and `glue`.

    slots: key and e + 1 of each entry, by open addressing; a power of two of pairs, 0 is empty.
    tails, heads: per entry. marks: uint8[MARKS], not 0 where a word of ASCII letters with these last bits of its
        hash may be more than one word.
    """

    slots: Hashes
    first: Counts
    tails: Hashes
    heads: Hashes
    hashes: Hashes
    lengths: Counts
    flags: npt.NDArray[np.uint16]
    glue: Hashes
    marks: npt.NDArray[np.uint8]


class Missing(NamedTuple):
    """Chunks that were not known, each once: bytes starts[i] to ends[i]; `noted[0]` of them, of which those beyond
    the room of `starts` were not noted. `seen`: their hashes, half empty."""

    seen: Hashes
    starts: Counts
    ends: Counts
    noted: Counts


def no_chunks() -> Chunks:
    """Nothing known."""
    none, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    return Chunks(none, counts, none, none, none, counts, np.zeros(0, np.uint16), none, np.zeros(0, np.uint8))


@njit(nogil=True, cache=True)
def room_for_missing(chunks: int) -> Missing:
    """For at least one chunk."""
    slots = 64
    while slots < 2 * chunks:
        slots *= 2
    return Missing(
        np.zeros(slots, np.uint64), np.empty(chunks, np.int64), np.empty(chunks, np.int64), np.zeros(1, np.int64)
    )


@njit(nogil=True, cache=True)
def entry_of(slots: Hashes, key: np.uint64) -> int:
    """The entry of `key`, -1 where there is none."""
    mask = np.uint64(len(slots) // 2 - 1)
    at = key & mask
    while True:
        entry: Any = np.int64(slots[(at << _1) | _1])
        if entry == 0 or slots[at << _1] == key:
            return entry - 1  # type: ignore[no-any-return]
        at = (at + _1) & mask


@njit(nogil=True, cache=True)
def enter(slots: Hashes, keys: Hashes, entry: int) -> None:
    """Add keys that are not there as entries from `entry` on. The slots must be more than the entries."""
    for n in range(len(keys)):
        put(slots, keys[n], entry + n)


@kernel
def put(slots: Hashes, key: np.uint64, entry: int) -> None:
    """Add a key that is not there."""
    mask = np.uint64(len(slots) // 2 - 1)
    at = key & mask
    while slots[(at << _1) | _1] != 0:
        at = (at + _1) & mask
    slots[at << _1], slots[(at << _1) | _1] = key, np.uint64(entry) + _1


def letter_marks(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """uint8[MARKS], 1 at the last bits of the words' hashes."""
    encoded = [word.encode() for word in words]
    marks = np.zeros(MARKS, np.uint8)
    _mark(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)], dtype=np.int64), marks)
    return marks


@njit(nogil=True, cache=True)
def _mark(data: Bytes, offsets: Counts, marks: npt.NDArray[np.uint8]) -> None:
    for w in range(len(offsets) - 1):
        marks[np.int64(text_hash(data, offsets[w], offsets[w + 1]) & np.uint64(MARKS - 1))] = 1


@njit(nogil=True, cache=True)
def _note(missing: Missing, key: np.uint64, start: int, end: int) -> None:
    """Note a chunk unless it is noted already or there is no room."""
    count = missing.noted[0]
    if count >= len(missing.starts):
        missing.noted[0] += 1
        return
    mask = np.uint64(len(missing.seen) - 1)
    at = key & mask
    while missing.seen[at] != 0:
        if missing.seen[at] == key:
            return
        at = (at + _1) & mask
    missing.seen[at] = key
    missing.starts[count], missing.ends[count] = start, end
    missing.noted[0] += 1


@njit(nogil=True, cache=True)
def look_up_words(
    data: Bytes, start: int, end: int, table: Table, chunks: Chunks, words: Words, missing: Missing, out: Any
) -> int:
    """The words of data[start:end] into `words`, and lines of str.splitlines counted into `out`; returns how many.

    A chunk that is not known gives no words and is noted in `missing`, as often as there is room for it.
    """
    n, line, i, before = 0, start, start, -1
    gap, broken = 1, BREAK  # before the chunk at hand: other than one blank; a line break
    since, until, entry, key, flags = -1, -1, -1, _SEVERAL, 0  # the chunks not yet given out, from byte to byte
    while i < end:
        code, width = decode(data, i, end)
        kind = np.int64(table[code])
        if kind & KIND == SPACE:
            if kind & BREAK:
                if not (code == _NEWLINE and before == _RETURN):
                    count_line(data, line, i, table, out)
                line, broken = i + width, BREAK
            gap = 0 if code == _BLANK and i == until else 1
            before = code
            i += width
            continue
        stop = chunk_end(data, i, end, table)
        h, found = text_hash(data, i, stop), _ITSELF
        if letters_end(data, i, stop) < stop or chunks.marks[np.int64(h & np.uint64(MARKS - 1))]:
            found = entry_of(chunks.slots, h)
        together = since >= 0 and gap == 0 and entry >= 0 and found >= 0
        if together and chunks.tails[entry] & chunks.heads[found]:
            until, entry, key = stop, found, _SEVERAL
        else:
            if since >= 0:
                n = _give(data, since, until, entry, key, flags, chunks, words, missing, n)
            since, until, entry, key = i, stop, found, h
            flags = broken | (GAP if gap else 0)
        broken, gap, before, i = 0, 0, -1, stop
    if since >= 0:
        n = _give(data, since, until, entry, key, flags, chunks, words, missing, n)
    if line < end:
        count_line(data, line, end, table, out)
    return n


@njit(nogil=True, cache=True)
def _give(
    data: Bytes, start: int, end: int, entry: int, key: np.uint64, flags: int, chunks: Chunks,
    words: Words, missing: Missing, n: int,
) -> int:  # fmt: skip
    """The words of one chunk, or of several that are looked up as one (`key` is _SEVERAL)."""
    if entry == _ITSELF:
        words.hashes[n], words.flags[n] = key, flags | ALPHABETIC
        words.ends[n + 1], words.glue[n] = words.ends[n] + end - start, glue_of(data, start, end)
        return n + 1
    if key == _SEVERAL:
        key = text_hash(data, start, end)
        entry = entry_of(chunks.slots, key)
    if entry < 0:
        _note(missing, key, start, end)
        return n
    for w in range(chunks.first[entry], chunks.first[entry + 1]):
        words.hashes[n] = chunks.hashes[w]
        words.ends[n + 1] = words.ends[n] + chunks.lengths[w]
        words.flags[n], words.glue[n] = chunks.flags[w] | flags, chunks.glue[w]
        n, flags = n + 1, 0
    return n


@njit(nogil=True, cache=True)
def glue_of(data: Bytes, i: int, end: int) -> np.uint64:
    h: Any = np.uint64(0)
    while i < end:
        code, width = decode(data, i, end)
        h = glued(h, code)
        i += width
    return h  # type: ignore[no-any-return]
