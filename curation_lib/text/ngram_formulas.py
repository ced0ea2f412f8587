"""Characters of repeated word n-grams by the formulas of Dolma, DCLM and NeMo Curator (see `text.ngrams` for Gopher's
own in datatrove's reading).

Of 2- to 4-grams the commonest counts, of 5- to 10-grams all that repeat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.ngrams import FIRST, LAST, LAST_TOP, Counts, Scratch, count_longer, count_pairs
from curation_lib.text.occurrences import count_at

EACH, COVERED, AGAIN = 0, 1, 2
"""Which characters of repeated 5- to 10-grams count.

EACH (Dolma): those of every n-gram that occurs twice, once per occurrence, so overlaps count many times.
COVERED (DCLM): those of words in an n-gram that occurs twice, its first occurrence too, each word once.
AGAIN (NeMo Curator): those of n-grams met before, none counted twice, with the spaces between.
"""

_COUNT = np.uint64(0xFFFFFFFF)
_SEEN = 0


@njit(nogil=True, cache=True)
def ngram_formula(
    words: Hashes, ends: Counts, n: int, formula: int, seen: Hashes, stamp: int, scratch: Scratch,
    out: Counts, commonest: Counts,
) -> int:  # fmt: skip
    """Fill out[2..10] for `n` words, word i having ends[i + 1] - ends[i] characters; returns the last stamp used.

    out[2..4]: characters of the commonest n-gram times its count. Of several, the first counts; under COVERED the
    longest does, and one that occurs once counts nothing. commonest[2..4]: the word it begins with.
    """
    for size in range(FIRST, min(LAST_TOP, n) + 1):
        out[size] = 0 if formula == COVERED else ends[size]
    active = count_pairs(words, n, seen, stamp + 1, scratch)
    for size in range(FIRST, min(LAST, n) + 1):
        stamp += 1
        if size > FIRST:
            active = count_longer(words, size, active, seen, stamp, scratch)
        if size <= LAST_TOP:
            active = _commonest(ends, size, active, formula == COVERED, seen, scratch, out, commonest)
        else:
            active = _repeated(ends, size, active, formula, seen, scratch, out)
        if active == 0:
            break
    return stamp


@njit(nogil=True, cache=True)
def _commonest(
    ends: Counts, size: int, active: int, longest: bool, seen: Hashes, scratch: Scratch, out: Counts, commonest: Counts
) -> int:
    """Keep what repeats active; the commonest n-gram into out[size]."""
    best: Any = 1
    length: Any = 0
    left = 0
    for q in range(active):
        count = count_at(seen, scratch.counts[q])
        if count < 2:
            continue
        i = scratch.active[q]
        characters = ends[i + size] - ends[i]
        if count > best or (longest and count == best and characters > length):
            best, length, commonest[size] = count, characters, i
            out[size] = characters * count
        scratch.active[left] = i
        left += 1
    return left


@njit(nogil=True, cache=True)
def _repeated(ends: Counts, size: int, active: int, formula: int, seen: Hashes, scratch: Scratch, out: Counts) -> int:
    """Keep what repeats active; characters of repeated n-grams into out[size]."""
    left, free, characters = 0, 0, 0
    for q in range(active):
        where = scratch.counts[q]
        count = count_at(seen, where)
        if count == 1:
            continue
        i = scratch.active[q]
        scratch.active[left] = i
        left += 1
        if formula == EACH:
            characters += ends[i + size] - ends[i]
        elif formula == COVERED:
            characters += ends[i + size] - ends[max(i, free)]
            free = i + size
        elif count == _SEEN:
            new = i + size - max(i, free)  # words not counted yet
            characters += ends[i + size] - ends[i + size - new] + min(new, size - 1)
            free = i + size
        else:
            seen[where] &= ~_COUNT
    out[size] = characters
    return left


@njit(nogil=True, cache=True)
def all_ngram_characters(ends: Counts, n: int, out: Counts) -> None:
    """out[5..10]: characters of all n-grams together, every word counted once per n-gram that holds it."""
    for size in range(LAST_TOP + 1, LAST + 1):
        total = 0
        for i in range(n - size + 1):
            total += ends[i + size] - ends[i]
        out[size] = total
