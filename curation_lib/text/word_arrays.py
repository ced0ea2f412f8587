"""The words of one document as arrays, whoever split them, and what they come to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.characters import ALPHABETIC, BREAK, PUNCTUATION, SENTENCE_END, SYMBOL
from curation_lib.text.ngrams import Counts

SEED = np.uint64(0xCBF29CE484222325)
PRIME = np.uint64(0x100000001B3)  # FNV-1a, over code points
GAP = 1 << 11
_1, _63 = np.uint64(1), np.uint64(63)


class Words(NamedTuple):
    """Word i has hash `hashes[i]` and ends[i + 1] - ends[i] characters. `flags[i]`: SYMBOL, SENTENCE_END and
    PUNCTUATION where all its characters are, ALPHABETIC where one is, BREAK where a line broke before it, GAP where
    white space other than one blank stands before it. `glue` (see text.glued_ngrams) is the exact mode's."""

    hashes: Hashes
    ends: Counts
    flags: npt.NDArray[np.uint16]
    glue: Hashes


@njit(nogil=True, cache=True)
def room_for(words: int) -> Words:
    """26 bytes a word."""
    ends, flags = np.zeros(words + 1, np.int64), np.empty(words, np.uint16)
    return Words(np.empty(words + 1, np.uint64), ends, flags, np.empty(words, np.uint64))


@njit(nogil=True, cache=True)
def count_words(words: Words, n: int, stop_words: Hashes, out: Any) -> None:
    """What the first `n` words are. `stop_words` are sorted hashes."""
    plain = characters = alphabetic = 0
    for i in range(n):
        if not words.flags[i] & SYMBOL:
            plain += 1
            characters += words.ends[i + 1] - words.ends[i]
        alphabetic += (words.flags[i] & ALPHABETIC) != 0
    out.words, out.symbol_free_words, out.symbol_free_characters = n, plain, characters
    out.alphabetic_words, out.stop_words = alphabetic, _met(words.hashes, n, stop_words)
    out.sentences = _sentences(words, n)


@njit(nogil=True, cache=True)
def _sentences(words: Words, n: int) -> int:
    """Sentences as spaCy's sentencizer ends them in each line: at a sign that is a word by itself, before the next
    word that is no punctuation, or before white space that is more than one blank."""
    sentences, ended = 0, False
    for i in range(n):
        flags = words.flags[i]
        terminal = flags & SENTENCE_END and words.ends[i + 1] - words.ends[i] == 1
        if flags & GAP and ended:
            sentences += not flags & BREAK
            ended = False
        if flags & BREAK or (ended and not terminal and not flags & PUNCTUATION):
            sentences += 1
            ended = False
        ended |= terminal != 0
    return sentences


@njit(nogil=True, cache=True)
def _met(hashes: Hashes, n: int, stop_words: Hashes) -> int:
    """How many different stop words occur."""
    met = np.zeros(len(stop_words), np.uint8)
    perhaps = np.uint64(0)  # a set of last 6 bits, which spares most searches
    for word in stop_words:
        perhaps |= _1 << (word & _63)
    for i in range(n):
        if perhaps >> (hashes[i] & _63) & _1:
            k = np.searchsorted(stop_words, hashes[i])
            if k < len(stop_words) and stop_words[k] == hashes[i]:
                met[k] = 1
    return int(met.sum())
