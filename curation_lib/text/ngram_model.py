"""Back-off n-gram models as hash tables in one piece of memory, (`text.ngram_scores` reads texts by them).

The layout is that of KenLM's `probing` files (Heafield 2011, KenLM: Faster and Smaller Language Model Queries), which
are mapped as they lie: linear probing, a key of 0 is free. A word is known by MurmurHash64A of its bytes, an n-gram by
a hash of its words' numbers from the last to the first. A set sign bit of a probability says that no longer n-gram
ends in this one. Number 0 is the unknown word.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.kernels import kernel

Memory = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]
Tables = npt.NDArray[np.int64]

WORD, MIDDLE, LONGEST = 3, 4, 3
"""Slots of four bytes per entry: key and number; key, probability and back-off weight; key and probability."""
_M, _47, _32 = np.uint64(0xC6A4A7935BD1E995), np.uint64(47), np.uint64(32)
_CHAIN, _NEXT = np.uint64(8978948897894561157), np.uint64(17894857484156487943)  # KenLM's
_0, _1 = np.uint64(0), np.uint64(1)
SIGN = np.uint32(0x80000000)
"""What is set in the probability of an n-gram in which no longer one ends."""


class NgramModel(NamedTuple):
    """memory, floats: the same bytes as uint32 and float32. tables[0] is `(first slot, buckets)` of the words,
    tables[1] `(first slot, words)` of the unigrams (probability, back-off), tables[n] `(first slot, buckets)` of the
    n-grams; the last is the model's order."""

    memory: Memory
    floats: Floats
    tables: Tables

    @property
    def order(self) -> int:
        return len(self.tables) - 1


def read_only(memory: Memory, tables: Tables) -> NgramModel:
    """The model in `memory`, which nobody may write to: kernels are compiled for that type only."""
    view: Memory = memory.view(np.ndarray)
    view.flags.writeable = False
    return NgramModel(view, view.view(np.float32), tables)


@njit(nogil=True, cache=True)
def murmur(data: Bytes, start: int, end: int) -> np.uint64:
    """MurmurHash64A (Appleby) of data[start:end] under seed 0."""
    h = np.uint64(end - start) * _M
    i = start
    while i + 8 <= end:
        k = _0
        for n in range(8):
            k |= np.uint64(data[i + n]) << np.uint64(8 * n)
        k *= _M
        h = (h ^ ((k ^ (k >> _47)) * _M)) * _M
        i += 8
    if i < end:
        k = _0
        for n in range(end - i):
            k |= np.uint64(data[i + n]) << np.uint64(8 * n)
        h = (h ^ k) * _M
    h = (h ^ (h >> _47)) * _M
    return h ^ (h >> _47)


@njit(nogil=True, cache=True)
def chained(key: np.uint64, word: Any) -> np.uint64:
    """Key of the n-gram with `word` before the one that has `key`."""
    return (key * _CHAIN) ^ ((_1 + np.uint64(word)) * _NEXT)


@njit(nogil=True, cache=True)
def slot(first: int, buckets: int, width: int, key: np.uint64) -> Any:
    """Slot where the search for `key` begins."""
    return first + width * np.int64(key % np.uint64(buckets))


@kernel
def find(memory: Memory, first: int, buckets: int, width: int, key: np.uint64) -> Any:
    """Slot where the entry of `key` begins, -1 where there is none."""
    return find_from(memory, slot(first, buckets, width, key), first, first + width * buckets, width, key)


@kernel
def find_from(memory: Memory, at: int, first: int, end: int, width: int, key: np.uint64) -> int:
    """The same, searching from `at` in a table that ends at `end`."""
    while True:
        found = np.uint64(memory[at]) | np.uint64(memory[at + 1]) << _32
        if found == key:
            return at
        if found == _0:
            return -1
        at += width
        if at == end:
            at = first
