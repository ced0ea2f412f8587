"""Winnowing: few hashes per text, of which two texts that share a long enough run of words share one.

Schleimer, Wilkerson, Aiken 2003: of every w neighbouring hashes of k words the smallest is chosen. A run of
k + w - 1 words is one such window, so it gives the same hash wherever it stands. Neighbouring windows mostly
agree: about 2 / (w + 1) hashes are chosen per word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.buffers import Hashes, Offsets
from curation_lib.text.occurrences import spread

_STEP = np.uint64(0x9E3779B97F4A7C15)


class Fingerprints(NamedTuple):
    """Stretches of runs of words that begin next to each other and give the same hash, in text order.

    Stretch j has the hash values[j]; its runs begin at the words [firsts[j], lasts[j]) of their row. The
    stretches of row i are [offsets[i], offsets[i + 1]); every run of the row is in one of them.
    """

    values: Hashes
    firsts: Offsets
    lasts: Offsets
    offsets: Offsets


def fingerprints(words: Hashes, offsets: Offsets, size: int) -> Fingerprints:
    """The hash that each run of `size` words gives: equal runs give equal hashes. Half of the words are k's."""
    k = max(1, size // 2)
    return Fingerprints(*_minima(*run_hashes(words, offsets, k), size - k + 1))


def run_hashes(words: Hashes, offsets: Offsets, size: int) -> tuple[Hashes, Offsets]:
    """Hash of every run of `size` words: a row of n words has max(0, n - size + 1)."""
    out: tuple[Hashes, Offsets] = _run_hashes(words, offsets, size)
    return out


@njit(nogil=True, cache=True)
def _run_hashes(words: Hashes, offsets: Offsets, size: int) -> tuple[Hashes, Offsets]:
    """A polynomial that rolls: one step per word, whatever the size."""
    rows = offsets.shape[0] - 1
    out, ends = np.empty(len(words), np.uint64), np.zeros(rows + 1, np.int64)
    leaving = np.uint64(1)
    for _ in range(size):
        leaving *= _STEP
    m = 0
    for row in range(rows):
        h = np.uint64(0)
        for n in range(offsets[row], offsets[row + 1]):
            h = h * _STEP + words[n]
            if n - offsets[row] >= size:
                h -= words[n - size] * leaving
            if n - offsets[row] >= size - 1:
                out[m] = spread(h)
                m += 1
        ends[row + 1] = m
    return out[:m], ends


@njit(nogil=True, cache=True)
def _minima(hashes: Hashes, offsets: Offsets, width: int) -> tuple[Hashes, Offsets, Offsets, Offsets]:
    """Stretches of equal minima over `width` hashes. A minimum that leaves is sought anew, seldom if hashes are."""
    rows = offsets.shape[0] - 1
    values, firsts = np.empty(len(hashes), np.uint64), np.empty(len(hashes), np.int64)
    lasts, ends = np.empty(len(hashes), np.int64), np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        begin, least = offsets[row], offsets[row] - 1
        for first in range(begin, offsets[row + 1] - width + 1):
            if least < first:
                least = first
                for n in range(first + 1, first + width):
                    least = n if hashes[n] <= hashes[least] else least
            elif hashes[first + width - 1] <= hashes[least]:
                least = first + width - 1
            if first == begin or values[m - 1] != hashes[least]:
                values[m], firsts[m] = hashes[least], first - begin
                m += 1
            lasts[m - 1] = first - begin + 1
        ends[row + 1] = m
    return values[:m], firsts[:m], lasts[:m], ends
