"""A hash table of 64-bit keys for kernels, emptied in no time between uses.

Equal keys are taken for equal things: among a million distinct things two share a key with probability 3e-8.
One slot is 16 bytes, key and then `stamp << 32 | count`, so that a look-up touches one cache line. A slot
whose stamp is not the current use's is empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.kernels import inlined, kernel

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64
_1, _27, _30, _31, _32 = (np.uint64(n) for n in (1, 27, 30, 31, 32))
_COUNT = np.uint64(0xFFFFFFFF)


@kernel
def slots_for(entries: int) -> int:
    """A power of two that `entries` keys fill to two thirds at most."""
    slots = 64
    while 2 * slots < 3 * entries:
        slots *= 2
    return slots


@njit(nogil=True, cache=True)
def new_occurrences(slots: int) -> Hashes:
    """An empty table; stamps start at 1."""
    return np.zeros(2 * slots, np.uint64)


@kernel
def capacity(table: Hashes) -> int:
    """Its slots."""
    return len(table) // 2


@inlined
def add(table: Hashes, slots: int, stamp: int, key: np.uint64) -> np.uint64:
    """Count one occurrence of `key` among the first `slots`; returns where its count stands."""
    mask, current = np.uint64(slots - 1), np.uint64(stamp)
    at = key & mask
    while True:
        where = (at << _1) | _1
        value = table[where]
        if value >> _32 != current:
            table[where - _1] = key
            table[where] = current << _32 | _1
            return where
        if table[where - _1] == key:
            table[where] = value + _1
            return where
        at = (at + _1) & mask


@inlined
def count_at(table: Hashes, where: np.uint64) -> int:
    """Occurrences so far, of the key that `add` found there."""
    count: Any = np.int64(table[where] & _COUNT)
    return count  # type: ignore[no-any-return]


@inlined
def spread(h: np.uint64) -> np.uint64:
    """splitmix64's finaliser: every bit of a key comes to matter to its slot."""
    h = (h ^ (h >> _30)) * _FIRST
    h = (h ^ (h >> _27)) * _SECOND
    return h ^ (h >> _31)
