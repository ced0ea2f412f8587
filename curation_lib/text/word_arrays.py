"""The words of one document as arrays, whoever split them, and what they come to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import ALPHABETIC, BREAK, PUNCTUATION, SENTENCE_END, SYMBOL
from curation_lib.text.kernels import kernel
from curation_lib.text.ngrams import Counts

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


@kernel
def count_words(words: Words, n: int, stop_words: Hashes, met: Bytes, out: Any) -> None:
    """What the first `n` words are. `stop_words` are hashes, `met` has a place for each.

    Sentences are as spaCy's sentencizer ends them in each line: at a sign that is a word by itself, before the next
    word that is no punctuation, or before white space that is more than one blank.
    """
    plain = characters = alphabetic = sentences = different = 0
    ended = False
    met[:] = 0
    perhaps = _last_bits(stop_words, met)
    for i in range(n):
        flags, length = words.flags[i], words.ends[i + 1] - words.ends[i]
        if not flags & SYMBOL:
            plain += 1
            characters += length
        alphabetic += (flags & ALPHABETIC) != 0
        if perhaps >> (words.hashes[i] & _63) & _1:
            for k in range(len(stop_words)):
                if stop_words[k] == words.hashes[i] and not met[k]:
                    met[k], different = 1, different + 1
                    perhaps = _last_bits(stop_words, met)
        if flags & GAP and ended:
            sentences += not flags & BREAK
            ended = False
        terminal = flags & SENTENCE_END and length == 1
        if flags & BREAK or (ended and not terminal and not flags & PUNCTUATION):
            sentences += 1
            ended = False
        ended |= terminal != 0
    out.words, out.symbol_free_words, out.symbol_free_characters = n, plain, characters
    out.alphabetic_words, out.stop_words, out.sentences = alphabetic, different, sentences


@kernel
def _last_bits(stop_words: Hashes, met: Bytes) -> np.uint64:
    """A set of the last 6 bits of those not met yet, which spares most comparisons."""
    found = np.uint64(0)
    for k in range(len(stop_words)):
        if not met[k]:
            found |= _1 << (stop_words[k] & _63)
    return found
