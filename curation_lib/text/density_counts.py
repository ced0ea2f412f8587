"""What `filters.density` counts, in one pass over a batch's Arrow buffers; all whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.byte_ngrams import SYMBOL_OF, Costs, surprisal
from curation_lib.text.lexicon import (
    FIRST_PERSON,
    FUNCTION,
    HEDGE,
    PAIR,
    PROMOTION,
    RARITY_SHIFT,
    STORY_SHIFT,
    UNIT,
    Lexicon,
    look_up,
)
from curation_lib.text.matches import Places, compressed_bytes, new_places
from curation_lib.text.plain_words import DIGIT, KIND_OF, UPPER, ends_sentence, is_spoken, is_word, width_of, word_at

FIELDS = (
    "bytes",
    "words",
    "content_words",  # hold three letters, are neither function words nor first person
    "rarity",  # sum over content words, eighths of a bit
    "new_words",  # content words not among the WINDOW before
    "story",  # sum over words of how much each belongs to stories and talk
    "entities",  # names, acronyms, identifiers: upper case within a sentence, two capitals, `_`, letters with digits
    "numbers",  # words that begin with a digit, and units behind them
    "first_person",
    "hedges",  # and filler, phrases of two words included
    "promotion",
    "exclamations",
    "questions",
    "sentences",
    "empty_sentences",  # no number, no entity, at most one new word
    "surprisal",  # sixteenths of a bit
    "compressed",  # bytes
)
ROW = np.dtype([(name, np.int64) for name in FIELDS])
"""One document's counts."""
WINDOW = 256
"""Content words within which a repeated one is not new."""
SLOTS = 1024
"""Of the table of recent words; two words that share one forget each other."""


def density_counts(texts: pa.Array[Any], known: Lexicon, costs: Costs) -> npt.NDArray[Any]:
    """ROW per text. Memory: 90 kB, whatever the texts."""
    data, offsets = arrow_buffers(texts)
    rows = np.zeros(len(offsets) - 1, ROW)
    seen, at = np.zeros(SLOTS, np.uint64), np.full(SLOTS, -WINDOW - 1, np.int64)
    _measure(data, offsets, KIND_OF, SYMBOL_OF, known, costs, seen, at, new_places(), rows)
    return rows


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, kinds: Bytes, symbols: Bytes, known: Lexicon, costs: Costs, seen: Hashes,
    at: Places, places: Places, rows: Any,
) -> None:  # fmt: skip
    clock = np.int64(0)
    for row in range(len(rows)):
        start, stop, out = offsets[row], offsets[row + 1], rows[row]
        out.bytes = stop - start
        out.surprisal = surprisal(data, start, stop, symbols, costs)
        out.compressed = compressed_bytes(data, start, stop, places)
        clock = _words(data, start, stop, kinds, known, seen, at, clock, out) + WINDOW + 1


@njit(nogil=True, cache=True)
def _words(
    data: Bytes, start: int, stop: int, kinds: Bytes, known: Lexicon, seen: Hashes, at: Places, clock: Any, out: Any
) -> Any:
    """Words and sentences of one text; returns the clock of content words after it."""
    i, previous, behind_number = start, np.uint64(0), False
    words, new, facts = 0, 0, 0  # of the sentence
    while i < stop:
        if not is_word(data, i, stop, kinds):
            ended = ends_sentence(data, i, stop, kinds)
            if data[i] == 33 or data[i] == 63:
                spoken = is_spoken(data, i, start, stop, kinds)
                out.exclamations += spoken and data[i] == 33
                out.questions += spoken and data[i] == 63
            if ended and words:
                out.sentences += 1
                out.empty_sentences += facts == 0 and new <= 1
                words, new, facts, previous = 0, 0, 0, np.uint64(0)
            i += width_of(data, i)
            continue
        word = word_at(data, i, stop, kinds)
        entry = look_up(known, word.key)
        flags = np.int64(0) if entry < 0 else entry & 255
        pair = look_up(known, previous * PAIR ^ word.key)
        flags |= np.int64(0) if pair < 0 else pair & 255
        named = (words > 0 and word.begins == UPPER and not flags & FIRST_PERSON) or word.uppers > 1 or word.mixed
        number = word.begins == DIGIT
        counted = number or (behind_number and flags & UNIT != 0)
        first = flags & FIRST_PERSON != 0 and word.uppers < 2
        content = word.letters > 2 and not flags & FUNCTION and not first
        if content:
            clock += 1
            slot = np.int64(word.key % np.uint64(SLOTS))
            fresh = seen[slot] != word.key or clock - at[slot] > WINDOW
            seen[slot], at[slot] = word.key, clock
            out.content_words += 1
            out.new_words += fresh
            new += fresh
            rarity = np.int64(0) if entry < 0 else (entry >> RARITY_SHIFT) & 255
            out.rarity += rarity if rarity else known.unknown
        out.words += 1
        out.story += np.int64(0) if entry < 0 else (entry >> STORY_SHIFT) & 255
        out.entities += named
        out.numbers += counted
        out.first_person += first
        out.hedges += flags & HEDGE != 0
        out.promotion += flags & PROMOTION != 0
        facts += named or counted
        words, previous, behind_number, i = words + 1, word.key, number, word.stop
    if words:
        out.sentences += 1
        out.empty_sentences += facts == 0 and new <= 1
    return clock
