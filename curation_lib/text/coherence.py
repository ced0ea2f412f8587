"""How coherent a text's order of sentences is: how much sooner its words come back than in its sentences shuffled.

In connected text neighbouring sentences speak of the same things, so a word that comes back does so soon (lexical
chains, Morris and Hirst 1991; the entity graph with links weighted by distance, Guinaudeau and Strube 2013). For each
word that stands in k of n sentences, every return counts 1 / distance in sentences; from that goes what k sentences
drawn by chance would give, exactly, so that 0 is the average over all orders of the same sentences and 1 is every word
returning in the next sentence. Words weigh ln(n / k). No model, no word list: any language with words.

A word is known by its first five letters in lower case (`text.codepoints`), which joins its forms.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import BREAK, KIND, QUOTE, SENTENCE_END, SPACE, character_table, decode
from curation_lib.text.codepoints import ALONE, JOINED, SEPARATOR, word_table
from curation_lib.text.kernels import kernel
from curation_lib.text.occurrences import slots_for, spread

LETTERS = 5
"""By so many a word is known."""
END, CLOSER, BLANK, LINE = 1 << 24, 1 << 25, 1 << 26, 1 << 27
"""Ends a sentence; may stand behind an end; white space; a line ends."""
_WIDE = 0x3000
"""From here on a sign that ends a sentence needs no space behind it (CJK)."""
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a
_SMALL = 1e-15
Shares = npt.NDArray[np.float64]


class Coherence(NamedTuple):
    """Per text. score: at most 1, 0 where words return as by chance, NaN where none returns that could be elsewhere;
    sentences: those with a word."""

    score: Shares
    sentences: Offsets


def coherence(column: Column) -> Coherence:
    """Coherence of each text. Memory: 40 bytes per word of the longest text."""
    data, offsets = arrow_buffers(column)
    return Coherence(*_coherence(data, offsets, sentence_table()))


@cache
def sentence_table() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: `word_table` with END, CLOSER, BLANK and LINE."""
    table, flags = word_table().copy(), character_table()
    table[flags & SENTENCE_END != 0] |= END
    table[flags & QUOTE != 0] |= CLOSER
    table[[ord(c) for c in ")]}*_"]] |= CLOSER
    table[flags & KIND == SPACE] |= BLANK
    table[flags & BREAK != 0] |= LINE
    table.flags.writeable = False
    return table


@njit(nogil=True, cache=True)
def expected_return(n: int, k: int) -> float:
    """Mean of 1 / distance between neighbours among k of n places drawn by chance.

    The distance is d with probability C(n - d, k - 1) / C(n, k).
    """
    chance, total = k / n, 0.0
    for d in range(1, n - k + 2):
        total += chance / d
        chance *= (n - d - k + 1) / (n - d)
        if chance < _SMALL:
            break
    return total


class _Words(NamedTuple):
    """The words of a text, in open addressing. A slot whose stamp is not the text's is free. last: the sentence where
    the word stood last; times: in how many it stood; nearness: sum of 1 / distance. order: slots as they were taken."""

    keys: Hashes
    stamps: Offsets
    last: Offsets
    times: Offsets
    nearness: Shares
    order: Offsets


@njit(nogil=True, cache=True)
def _coherence(data: Bytes, offsets: Offsets, table: npt.NDArray[np.uint32]) -> tuple[Shares, Offsets]:
    rows, longest = offsets.shape[0] - 1, 0
    for row in range(rows):
        longest = max(longest, offsets[row + 1] - offsets[row])
    slots = slots_for(longest // 2 + 1)
    words = _Words(
        np.zeros(slots, np.uint64), np.zeros(slots, np.int64), np.zeros(slots, np.int64), np.zeros(slots, np.int64),
        np.zeros(slots, np.float64), np.zeros(slots, np.int64),
    )  # fmt: skip
    expected = np.zeros(longest // 2 + 2, np.float64)
    score, sentences = np.full(rows, np.nan), np.zeros(rows, np.int64)
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        mask = slots_for((end - start) // 2 + 1) - 1
        n, distinct = _read(data, start, end, table, words, mask, row + 1)
        sentences[row] = n
        expected[: n + 1] = -1
        won, most = 0.0, 0.0
        for at in words.order[:distinct]:
            k = words.times[at]
            if 1 < k < n:
                if expected[k] < 0:
                    expected[k] = expected_return(n, k)
                weight = np.log(n / k)
                won += weight * (words.nearness[at] - (k - 1) * expected[k])
                most += weight * (k - 1) * (1 - expected[k])
        if most > 0:
            score[row] = won / most
    return score, sentences


@kernel
def _read(
    data: Bytes, i: int, end: int, table: npt.NDArray[np.uint32], words: _Words, mask: int, stamp: int
) -> tuple[int, int]:
    """Sentences and distinct words of a text."""
    n, distinct, spoken = 0, 0, False  # spoken: this sentence has a word
    letters, ended, alone, h = 0, False, False, _BASIS
    while i < end:
        code: Any = np.int64(data[i])
        width = 1
        if code >= 0x80:
            code, width = decode(data, i, end)
        entry: Any = table[code]
        kind = entry & 3
        i += width
        if letters and (kind in (SEPARATOR, ALONE) or (alone and kind == JOINED)):
            distinct += _add(words, mask, stamp, spread(h), n, distinct)
            letters, h, spoken, alone = 0, _BASIS, True, False
        if kind != SEPARATOR:
            if letters < LETTERS:
                h = (h ^ np.uint64((entry >> 2) & 0x3FFFFF)) * _PRIME
            letters += 1
            ended, alone = False, alone or kind == ALONE
        elif entry & LINE or (ended and entry & BLANK) or (entry & END and code >= _WIDE):
            n, spoken, ended = n + spoken, False, False
        else:
            ended = entry & END != 0 or (ended and entry & CLOSER != 0)
    if letters:
        distinct += _add(words, mask, stamp, spread(h), n, distinct)
        spoken = True
    return n + spoken, distinct


@kernel
def _add(words: _Words, mask: int, stamp: int, key: np.uint64, sentence: int, distinct: int) -> int:
    """Count a word of a sentence; 1 where it is new to the text, else 0."""
    at = np.int64(key & np.uint64(mask))
    while words.stamps[at] == stamp and words.keys[at] != key:
        at = (at + 1) & mask
    if words.stamps[at] != stamp:
        words.keys[at], words.stamps[at], words.last[at] = key, stamp, sentence
        words.times[at], words.nearness[at], words.order[distinct] = 1, 0.0, at
        return 1
    if words.last[at] != sentence:
        words.nearness[at] += 1 / (sentence - words.last[at])
        words.times[at], words.last[at] = words.times[at] + 1, sentence
    return 0
