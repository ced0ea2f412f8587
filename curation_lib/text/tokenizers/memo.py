"""Pieces of text and the ids that a library gave them: a table of `slots.py` by open addressing, and its bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.kernels import kernel
from curation_lib.text.tokenizers.slots import SHORT, WORDS, answered, names, short_key, size_of, waiting
from curation_lib.text.tokenizers.tokenizer import Ids

FIRST, LARGEST = 1 << 16, 1 << 20
"""Slots of a new table, and of the largest; half of them are filled: 32 MiB for 524,288 pieces."""
_LETTERS, _NUMBERS = 8 << 20, 4 << 20
"""Bytes of longer pieces, 8 MiB; ids of pieces that have several, 16 MiB."""
USED, SPELT, NUMBERS, RESERVED, REFUSED = range(5)
"""Places in `filled`: slots, bytes of `spelt`, entries of `ids`; those and what the pieces that wait may need; pieces
for which there was no room."""

_LINE = 8
"""Words of a cache line."""
_0, _1 = np.uint64(0), np.uint64(1)


class Memo(NamedTuple):
    """slots: uint64[4 * a power of two]; spelt: uint8; ids: uint32; filled: int64[5]."""

    slots: Hashes
    spelt: Bytes
    ids: Ids
    filled: npt.NDArray[np.int64]


def new_memo() -> Memo:
    """Nothing remembered. Memory is taken as it fills: at most 56 MiB, while it grows 16 MiB more."""
    return Memo(_free_slots(FIRST), np.empty(_LETTERS, np.uint8), np.empty(_NUMBERS, np.uint32), np.zeros(5, np.int64))


def _free_slots(count: int) -> Hashes:
    """None of them in two cache lines."""
    room = np.zeros(count * WORDS + _LINE, np.uint64)
    start = -(room.ctypes.data // room.itemsize) % _LINE
    return room[start : start + count * WORDS]


def grown(memo: Memo) -> Memo:
    """The same with more slots where half are filled and there may be more. A new one where this one has refused more
    pieces than the largest has slots: it is full of what came first, and texts have changed since."""
    if memo.filled[REFUSED] > LARGEST:
        return new_memo()
    slots = len(memo.slots) // WORDS
    if memo.filled[USED] < slots // 2 or slots >= LARGEST:
        return memo
    larger = memo._replace(slots=_free_slots(2 * slots))
    _move(memo.slots, larger.slots)
    larger.filled[REFUSED] = 0
    return larger


def compile_growth() -> None:
    """Have the kernel ready that a table meets only when it is half full."""
    memo = new_memo()
    memo.filled[USED] = FIRST // 2
    grown(memo)


@kernel
def _move(old: Hashes, new: Hashes) -> None:
    mask = np.uint64(len(new) // WORDS - 1)
    for at in range(0, len(old), WORDS):
        size = size_of(old[at + 2])
        if size == 0:
            continue
        key: Any = old[at] if size > SHORT else short_key(old[at], old[at + 1], size)
        while new[np.int64(key & mask) * WORDS + 2] != _0:
            key += _1
        for n in range(WORDS):
            new[np.int64(key & mask) * WORDS + n] = old[at + n]


@kernel
def reserve(data: Bytes, i: int, end: int, at: int, pending: int, memo: Memo) -> bool:
    """Enter the piece, which waits for its ids as number `pending`, at the slot that `slot_of` found; False where there
    is no room for it, or for as many ids as it has bytes."""
    size, filled = end - i, memo.filled
    longer = size if size > SHORT else 0
    full = filled[USED] >= len(memo.slots) // WORDS // 2 or filled[SPELT] + longer > len(memo.spelt)
    if full or filled[RESERVED] + size > len(memo.ids):
        filled[REFUSED] += 1
        return False
    _, memo.slots[at], memo.slots[at + 1] = names(data, i, end)
    memo.slots[at + 2] = waiting(size, pending)
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
        value: Any = ids[start] if count == 1 else np.uint32(memo.filled[NUMBERS])
        if count != 1:
            memo.ids[memo.filled[NUMBERS] : memo.filled[NUMBERS] + count] = ids[start : start + count]
            memo.filled[NUMBERS] += count
        memo.slots[at + 2] = answered(size_of(memo.slots[at + 2]), count, value)
    memo.filled[RESERVED] = memo.filled[NUMBERS]
