"""One slot of a memo of pieces: how a piece is named in it, and what is said of it.

A slot is four words: the piece's first and next eight bytes (of one longer than SHORT a hash and its first eight; its
bytes lie apart), what it is, and where its bytes lie. What it is: length, number of ids, whether it waits for them, and
the id itself, or where in the memo's `ids` they begin, or while it waits its number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curation_lib.text.blocks import block_at, text_hash
from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.occurrences import spread

LONGEST = 255
"""Bytes of a piece that is kept: a length, and so a number of ids, is one byte."""
SHORT = 16
WORDS = 4
PENDING = np.uint64(1 << 16)
"""Set while a piece waits for its ids."""

_0, _1, _8, _24 = (np.uint64(n) for n in (0, 1, 8, 24))
_BYTE = np.uint64(0xFF)
_PRIME, _SEED = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@inlined
def short_key(first: np.uint64, second: np.uint64, size: int) -> np.uint64:
    """The hash of a piece of at most SHORT bytes."""
    return spread((first ^ np.uint64(size) * _SEED) * _PRIME ^ second)


@inlined
def names(data: Bytes, i: int, end: int) -> tuple[np.uint64, np.uint64, np.uint64]:
    """`(hash, first word, second word)` of the piece data[i:end]."""
    size = end - i
    first = block_at(data, i, end)
    if size > SHORT:
        key = text_hash(data, i, end)
        return key, key, first
    second = block_at(data, i + 8, end) if size > 8 else _0
    return short_key(first, second, size), first, second


@inlined
def slot_of(data: Bytes, i: int, end: int, slots: Hashes, spelt: Bytes) -> tuple[int, bool]:
    """Where the piece data[i:end], of 1 to LONGEST bytes, stands in `slots`, or would stand; whether it does."""
    size = end - i
    key: Any
    key, first, second = names(data, i, end)
    mask = np.uint64(len(slots) // WORDS - 1)
    while True:
        at: Any = np.int64(key & mask) * WORDS
        what = slots[at + 2]
        if what == _0:
            return at, False
        same = slots[at] == first and slots[at + 1] == second and size_of(what) == size
        if same and (size <= SHORT or same_bytes(data, i, end, spelt, place_of(slots[at + 3]))):
            return at, True
        key += _1


@kernel
def same_bytes(data: Bytes, i: int, end: int, spelt: Bytes, at: int) -> bool:
    stop, k = at + end - i, at
    while k < stop and block_at(data, i, end) == block_at(spelt, k, stop):
        i, k = i + 8, k + 8
    return k >= stop


@inlined
def waiting(size: int, piece: int) -> np.uint64:
    """What is said of a piece of `size` bytes that waits for its ids."""
    return np.uint64(size) | PENDING | np.uint64(piece) << _24


@inlined
def answered(size: int, count: int, value: int) -> np.uint64:
    """What is said of one that has `count` ids."""
    return np.uint64(size) | np.uint64(count) << _8 | np.uint64(value) << _24


@inlined
def size_of(what: np.uint64) -> int:
    """Bytes of the piece; 0 where the slot is free."""
    size: Any = np.int64(what & _BYTE)
    return size  # type: ignore[no-any-return]


@inlined
def count_of(what: np.uint64) -> int:
    """How many ids a piece has that waits for none."""
    count: Any = np.int64((what >> _8) & _BYTE)
    return count  # type: ignore[no-any-return]


@inlined
def value_of(what: np.uint64) -> int:
    """Its one id; the place of its ids in `Memo.ids`; of a piece that waits, its number."""
    value: Any = np.int64(what >> _24)
    return value  # type: ignore[no-any-return]


@inlined
def place_of(word: np.uint64) -> int:
    """Where the bytes of a piece longer than SHORT begin."""
    place: Any = np.int64(word)
    return place  # type: ignore[no-any-return]
