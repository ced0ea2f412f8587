"""Repeated 5- to 10-grams as datatrove tells them: by the words' characters glued together, so that "a bc" and "ab c"
are one. Only the exact mode counts so: a glued n-gram can repeat where no shorter one does, which costs six passes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.ngrams import LAST, LAST_TOP, Counts
from curation_lib.text.occurrences import add, count_at, slots_for, spread

BASE = np.uint64(0x9E3779B97F4A7C15)
_1 = np.uint64(1)


@njit(nogil=True, cache=True)
def glued(so_far: np.uint64, code: int) -> np.uint64:
    """A polynomial over code points: of what came before, and one more."""
    return so_far * BASE + spread(np.uint64(code))


@njit(nogil=True, cache=True)
def glued_ngram_characters(
    glue: Hashes, ends: Counts, n: int, seen: Hashes, stamp: int, before: Hashes, out: Counts
) -> int:
    """Fill out[5..10] as ngrams.ngram_characters does; word i is the polynomial glue[i] over its ends[i + 1] - ends[i]
    characters. `before` has room for n + 1. Returns the last stamp used."""
    before[0] = 0
    for i in range(n):
        before[i + 1] = before[i] * _power(ends[i + 1] - ends[i]) + glue[i]
    slots = slots_for(n)
    for size in range(LAST_TOP + 1, LAST + 1):
        stamp += 1
        i = characters = 0
        while i + size <= n:
            length = ends[i + size] - ends[i]
            key = spread(before[i + size] - before[i] * _power(length))
            if count_at(seen, add(seen, slots, stamp, key)) > 1:
                characters += length
                i += size
            else:
                i += 1
        out[size] = characters
    return stamp


@njit(nogil=True, cache=True)
def _power(exponent: int) -> np.uint64:
    """BASE to it, modulo 2**64."""
    result: Any = _1
    square: Any = BASE
    while exponent:
        if exponent & 1:
            result = result * square
        square = square * square
        exponent >>= 1
    return result  # type: ignore[no-any-return]
