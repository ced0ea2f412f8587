"""How much two texts have in common, row by row: runs of words, n-grams, the longest run of all.

Words are those of `text.words`: case folded, punctuation apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Column, Hashes, Offsets
from curation_lib.text.shingles import in_common, shingle_hashes, shingle_sets
from curation_lib.text.words import word_hashes

Shares = npt.NDArray[np.float64]


class Overlap(NamedTuple):
    """Per row: share of the distinct n-grams of the first text that the second lacks, and Jaccard similarity of the two
    sets; 0 where neither has any."""

    novelty: Shares
    similarity: Shares


class Runs(NamedTuple):
    """Per row: words of the longest run that stands in both texts, its first word in the first text, words of that."""

    lengths: Offsets
    firsts: Offsets
    words: Offsets


def ngram_overlap(first: Column, second: Column, n: int) -> Overlap:
    """N-grams of `n` words that two columns share, row by row; a shorter text is one n-gram as a whole."""
    rows = len(first)
    both = pa.concat_arrays([first.cast(pa.large_string()), second.cast(pa.large_string())])
    values, offsets = shingle_sets(*shingle_hashes(*word_hashes(both), n))
    novelty, similarity = np.zeros(rows), np.zeros(rows)
    for row in range(rows):
        a, b, c, d = offsets[row], offsets[row + 1], offsets[rows + row], offsets[rows + row + 1]
        common = in_common(values, a, b, c, d)
        union = (b - a) + (d - c) - common
        novelty[row] = 1 - common / (b - a) if b > a else 0.0
        similarity[row] = common / union if union else 0.0
    return Overlap(novelty, similarity)


def common_runs(first: Column, second: Column) -> Runs:
    """The longest run of words that two columns share, row by row, the first of several.

    Time grows with the product of the two texts' words, memory with the words of the second.
    """
    words, offsets = word_hashes(first)
    others, ends = word_hashes(second)
    lengths, firsts = _common_runs(words, offsets, others, ends)
    return Runs(lengths, firsts, np.diff(offsets))


@njit(nogil=True, cache=True)
def _common_runs(words: Hashes, offsets: Offsets, others: Hashes, ends: Offsets) -> tuple[Offsets, Offsets]:
    rows = len(offsets) - 1
    lengths, firsts = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        width = ends[row + 1] - ends[row]
        run = np.zeros(width + 1, np.int64)  # run[j + 1]: of words that end with this one and with others[j]
        for i in range(offsets[row], offsets[row + 1]):
            word = words[i]
            for j in range(width - 1, -1, -1):
                if others[ends[row] + j] == word:
                    run[j + 1] = run[j] + 1
                    if run[j + 1] > lengths[row]:
                        lengths[row] = run[j + 1]
                        firsts[row] = i - offsets[row] - run[j + 1] + 1
                else:
                    run[j + 1] = 0
    return lengths, firsts
