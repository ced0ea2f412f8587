"""Pieces of text and the ids that a library gave them, looked up by their bytes: open addressing, exact.

A slot is four words: the piece's first and next eight bytes (of longer pieces two hashes, and their bytes lie in
`spelt`), what it is, and where its bytes lie. What it is: length, number of ids, pending or not, and the id itself or
where in `ids` they begin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.blocks import block_at, text_hash
from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.occurrences import spread
from curation_lib.text.tokenizers.tokenizer import Ids

LONGEST = 255
"""Bytes of a piece that is kept: a length, and so a number of ids, is one byte."""
SHORT = 16
WORDS = 4
FIRST, LARGEST = 1 << 16, 1 << 20
"""Slots of a new table, and of the largest; half of them are filled: 32 MiB for 524,288 pieces."""
_LETTERS, _NUMBERS = 8 << 20, 4 << 20
"""Bytes of longer pieces, 8 MiB; ids of pieces that have several, 16 MiB."""
USED, SPELT, NUMBERS, RESERVED = range(4)
"""Places in `filled`: slots, bytes of `spelt`, entries of `ids`; those and what the pieces that wait may need."""

_0, _1, _8, _24 = (np.uint64(n) for n in (0, 1, 8, 24))
_BYTE = np.uint64(0xFF)
PENDING = np.uint64(1 << 16)
"""Set while a piece waits for its ids."""
_PRIME, _SEED = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


class Memo(NamedTuple):
    """slots: uint64[4 * a power of two]; spelt: uint8; ids: uint32; filled: int64[4]."""

    slots: Hashes
    spelt: Bytes
    ids: Ids
    filled: npt.NDArray[np.int64]


def new_memo() -> Memo:
    """Nothing remembered. Memory is taken as it fills: at most 56 MiB, while it grows 16 MiB more."""
    slots = np.zeros(WORDS * FIRST, np.uint64)
    return Memo(slots, np.empty(_LETTERS, np.uint8), np.empty(_NUMBERS, np.uint32), np.zeros(4, np.int64))


def grown(memo: Memo) -> Memo:
    """The same with more slots where half are filled and there may be more."""
    slots = len(memo.slots) // WORDS
    if memo.filled[USED] < slots // 2 or slots >= LARGEST:
        return memo
    larger = memo._replace(slots=np.zeros(2 * len(memo.slots), np.uint64))
    _move(memo.slots, larger.slots)
    return larger


@kernel
def _move(old: Hashes, new: Hashes) -> None:
    mask = np.uint64(len(new) // WORDS - 1)
    for at in range(0, len(old), WORDS):
        size = np.int64(old[at + 2] & _BYTE)
        if size == 0:
            continue
        key: Any = old[at] if size > SHORT else short_key(old[at], old[at + 1], size)
        while new[np.int64(key & mask) * WORDS + 2] != _0:
            key += _1
        for n in range(WORDS):
            new[np.int64(key & mask) * WORDS + n] = old[at + n]


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
def slot_of(data: Bytes, i: int, end: int, memo: Memo) -> tuple[int, bool]:
    """Where the piece data[i:end], of 1 to LONGEST bytes, stands in `slots`, or would stand; whether it does."""
    size = end - i
    key: Any
    key, first, second = names(data, i, end)
    slots = memo.slots
    mask = np.uint64(len(slots) // WORDS - 1)
    while True:
        at = np.int64(key & mask) * WORDS
        what = slots[at + 2]
        if what == _0:
            return at, False
        same = slots[at] == first and slots[at + 1] == second and np.int64(what & _BYTE) == size
        if same and (size <= SHORT or same_bytes(data, i, end, memo.spelt, np.int64(slots[at + 3]))):
            return at, True
        key += _1


@kernel
def same_bytes(data: Bytes, i: int, end: int, spelt: Bytes, at: int) -> bool:
    size = end - i
    for n in range(0, size, 8):
        if block_at(data, i + n, end) != block_at(spelt, at + n, at + size):
            return False
    return True


@kernel
def reserve(data: Bytes, i: int, end: int, at: int, pending: int, memo: Memo) -> bool:
    """Enter the piece, which waits for its ids as number `pending`, at the slot that `slot_of` found; False where there
    is no room for it, or for as many ids as it has bytes."""
    size, filled = end - i, memo.filled
    longer = size if size > SHORT else 0
    full = filled[USED] >= len(memo.slots) // WORDS // 2 or filled[SPELT] + longer > len(memo.spelt)
    if full or filled[RESERVED] + size > len(memo.ids):
        return False
    _, memo.slots[at], memo.slots[at + 1] = names(data, i, end)
    memo.slots[at + 2] = np.uint64(size) | PENDING | np.uint64(pending) << _24
    memo.slots[at + 3] = np.uint64(filled[SPELT])
    for n in range(longer):
        memo.spelt[filled[SPELT] + n] = data[i + n]
    filled[USED] += 1
    filled[SPELT] += longer
    filled[RESERVED] += size
    return True


@njit(nogil=True, cache=True)
def settle(slots: npt.NDArray[np.int64], ids: Ids, offsets: npt.NDArray[np.int64], memo: Memo) -> None:
    """Give the pieces that wait at `slots` (-1: they have none) their ids, piece p ids[offsets[p]:offsets[p + 1]]."""
    for p in range(len(slots)):
        at, start, count = slots[p], offsets[p], offsets[p + 1] - offsets[p]
        if at < 0:
            continue
        value = ids[start] if count == 1 else np.uint32(memo.filled[NUMBERS])
        if count != 1:
            memo.ids[memo.filled[NUMBERS] : memo.filled[NUMBERS] + count] = ids[start : start + count]
            memo.filled[NUMBERS] += count
        size = memo.slots[at + 2] & _BYTE
        memo.slots[at + 2] = size | np.uint64(count) << _8 | np.uint64(value) << _24
    memo.filled[RESERVED] = memo.filled[NUMBERS]


@inlined
def count_of(what: np.uint64) -> int:
    """How many ids a piece has that waits for none."""
    return np.int64((what >> _8) & _BYTE)


@inlined
def value_of(what: np.uint64) -> int:
    """Its one id; the place of its ids in `Memo.ids`; of a piece that waits, its number."""
    return np.int64(what >> _24)
