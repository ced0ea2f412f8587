"""How much of a text its repeated n-grams of words make up (Gopher, Rae et al. 2021, table A1).

An (n+1)-gram can repeat only where both its n-grams repeat, so each
length looks only at what repeated before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.kernels import kernel
from curation_lib.text.occurrences import add, count_at, slots_for, spread

Counts = npt.NDArray[np.int64]

FIRST, LAST_TOP, LAST = 2, 4, 10
"""Of 2- to 4-grams the commonest counts, of 5- to 10-grams all that repeat."""

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio
_1, _26, _32, _63 = (np.uint64(n) for n in (1, 26, 32, 63))
_COUNT = np.uint64(0xFFFFFFFF)
_SEEN = 0  # a count that no n-gram has: one was passed already


class Scratch(NamedTuple):
    """Per word of the longest document so far: the n-gram that starts there; active words, their counts. `once` and
    `twice`: bits of the hashes of two words met once and again."""

    grams: Hashes
    active: Counts
    counts: Hashes
    once: Hashes
    twice: Hashes


@njit(nogil=True, cache=True)
def new_scratch(words: int) -> Scratch:
    """At most 32 bytes a word, of at least 64 words."""
    grams, counts, bits = np.empty(words, np.uint64), np.empty(words, np.uint64), bits_for(words)
    return Scratch(grams, np.empty(words, np.int64), counts, np.empty(bits, np.uint64), np.empty(bits, np.uint64))


@kernel
def bits_for(words: int) -> int:
    """Numbers of 64 bits, a power of two: 16 to 32 bits a word."""
    size = 16
    while 4 * size < words:
        size *= 2
    return size


@kernel
def ngram_characters(
    words: Hashes, ends: Counts, n: int, seen: Hashes, stamp: int, scratch: Scratch, out: Counts
) -> int:
    """Fill out[2..10] for a document of `n` words, word i having ends[i + 1] - ends[i] characters.

    out[2..4]: characters of the commonest n-gram (the first of several), joined by spaces, times its count.
    out[5..10]: characters, without spaces, of the n-grams met before when reading on: past a repeated one
    goes on behind it, past a new one with the next word. 0 where the text has fewer words. Returns the last
    stamp used; `stamp` is the last one used before.
    """
    for size in range(FIRST, min(LAST_TOP, n) + 1):
        out[size] = ends[size] + size - 1  # each n-gram once: the first is the commonest
    active = count_pairs(words, n, seen, stamp + 1, scratch)
    for size in range(FIRST, min(LAST, n) + 1):
        stamp += 1
        if size > FIRST:
            active = count_longer(words, size, active, seen, stamp, scratch)
        if size <= LAST_TOP:
            active = _commonest(ends, size, active, seen, scratch, out)
        else:
            active = _repeated(ends, size, active, seen, scratch, out)
        if active == 0:
            break
    return stamp


@kernel
def count_pairs(words: Hashes, n: int, seen: Hashes, stamp: int, scratch: Scratch) -> int:
    """Count the 2-grams of `n` words that repeat and few others: only these become active, and scratch.counts says
    where each one's count stands. Two sets of bits tell which those may be, faster than the table and within caches."""
    numbers = bits_for(n)
    left: Any = 0
    once, twice, mask = scratch.once, scratch.twice, np.uint64(numbers - 1)
    for k in range(numbers):
        once[k] = twice[k] = 0
    for i in range(n - 1):
        gram = spread(words[i] * _STEP + words[i + 1])
        scratch.grams[i] = gram
        where, bit = gram >> _32 & mask, _1 << (gram >> _26 & _63)
        twice[where] |= once[where] & bit
        once[where] |= bit
    for i in range(n - 1):
        gram = scratch.grams[i]
        scratch.active[left] = i
        left += np.int64(twice[gram >> _32 & mask] >> (gram >> _26 & _63) & _1)
    slots = slots_for(left)
    for q in range(left):
        scratch.counts[q] = add(seen, slots, stamp, scratch.grams[scratch.active[q]])
    active: int = left
    return active


@kernel
def count_longer(words: Hashes, size: int, active: int, seen: Hashes, stamp: int, scratch: Scratch) -> int:
    """Lengthen by a word and count the active n-grams whose next is active too; those alone stay active, and
    scratch.counts says where each one's count stands."""
    slots, left = slots_for(active), 0
    for q in range(active - 1):
        i = scratch.active[q]
        if scratch.active[q + 1] != i + 1:
            continue
        gram = spread(scratch.grams[i] * _STEP + words[i + size - 1])
        scratch.grams[i] = gram
        scratch.active[left] = i
        scratch.counts[left] = add(seen, slots, stamp, gram)
        left += 1
    return left


@kernel
def _commonest(ends: Counts, size: int, active: int, seen: Hashes, scratch: Scratch, out: Counts) -> int:
    """Keep what repeats active; the commonest n-gram into out[size]."""
    best, left = 1, 0
    for q in range(active):
        count = count_at(seen, scratch.counts[q])
        if count < 2:
            continue
        i = scratch.active[q]
        if count > best:
            best = count
            out[size] = (ends[i + size] - ends[i] + size - 1) * count
        scratch.active[left] = i
        left += 1
    return left


@kernel
def _repeated(ends: Counts, size: int, active: int, seen: Hashes, scratch: Scratch, out: Counts) -> int:
    """Keep what repeats active; characters of the n-grams met before into out[size]."""
    left, free, characters = 0, 0, 0
    for q in range(active):
        where = scratch.counts[q]
        count = count_at(seen, where)
        if count == 1:
            continue
        i = scratch.active[q]
        scratch.active[left] = i
        left += 1
        if i < free:
            continue  # inside a repeated n-gram
        if count == _SEEN:
            characters += ends[i + size] - ends[i]
            free = i + size
        else:
            seen[where] &= ~_COUNT
    out[size] = characters
    return left
