"""A hash table of 64-bit keys for kernels, emptied in no time between uses.

Equal keys are taken for equal things: among a million distinct things two share a key with probability 3e-8.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes


class Occurrences(NamedTuple):
    """`counts[slot]` belongs to `keys[slot]` as long as `stamps[slot]` is the current use's stamp."""

    keys: Hashes
    counts: npt.NDArray[np.int64]
    stamps: npt.NDArray[np.int32]


@njit(nogil=True, cache=True)
def slots_for(entries: int) -> int:
    """A power of two that `entries` keys fill to two thirds at most."""
    slots = 64
    while 2 * slots < 3 * entries:
        slots *= 2
    return slots


@njit(nogil=True, cache=True)
def new_occurrences(slots: int) -> Occurrences:
    """An empty table. 20 bytes a slot."""
    return Occurrences(np.empty(slots, np.uint64), np.empty(slots, np.int64), np.zeros(slots, np.int32))


@njit(nogil=True, cache=True)
def slot_of(table: Occurrences, slots: int, stamp: int, key: np.uint64) -> int:
    """The slot of `key` among the first `slots`; a new key starts with count 0."""
    mask = np.uint64(slots - 1)
    at = np.int64(key & mask)
    while table.stamps[at] == stamp and table.keys[at] != key:
        at = np.int64(np.uint64(at + 1) & mask)
    if table.stamps[at] != stamp:
        table.stamps[at] = stamp
        table.keys[at] = key
        table.counts[at] = 0
    return at


@njit(nogil=True, cache=True)
def seen_before(table: Occurrences, slots: int, stamp: int, key: np.uint64) -> bool:
    """Whether `key` was asked for since the stamp changed."""
    at = slot_of(table, slots, stamp, key)
    table.counts[at] += 1
    return table.counts[at] > 1


@njit(nogil=True, cache=True)
def spread(h: np.uint64) -> np.uint64:
    """splitmix64's finaliser: every bit of a key comes to matter to its slot."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))
