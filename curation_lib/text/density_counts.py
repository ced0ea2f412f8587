"""What `filters.density` counts, in one pass over a batch's Arrow buffers; all whole numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.byte_ngrams import SYMBOL_OF, Costs, surprisal
from curation_lib.text.kernels import kernel
from curation_lib.text.lexicon import (
    FIRST_PERSON,
    FUNCTION,
    HEDGE,
    OFFSET,
    PAIR,
    PRIME,
    PROMOTION,
    RARITY_SHIFT,
    STORY_SHIFT,
    UNIT,
    Lexicon,
    look_up,
)
from curation_lib.text.matches import Places, compressed_bytes, new_places

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
LETTER, UPPER, DIGIT, UNDERSCORE, HIGH, JOIN = range(1, 7)
NEWLINE, QUOTE_AND_BRACKET = 10, b"\"')]*_"


def _kinds() -> Bytes:
    table = np.zeros(256, np.uint8)
    table[ord("a") : ord("z") + 1], table[ord("A") : ord("Z") + 1] = LETTER, UPPER
    table[ord("0") : ord("9") + 1], table[ord("_")], table[128:] = DIGIT, UNDERSCORE, HIGH
    table[[ord("'"), ord("-")]] = JOIN
    return table


KIND_OF = _kinds()


class Word(NamedTuple):
    """One word: its hash, where it ends, and what its characters are."""

    key: np.uint64
    stop: int
    letters: int
    uppers: int
    begins: int
    mixed: bool


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
    data: Bytes, start: int, stop: int, kinds: Bytes, known: Lexicon, seen: Hashes, at: Places, clock: int, out: Any
) -> int:
    """Words and sentences of one text; returns the clock of content words after it."""
    i, previous, behind_number = start, np.uint64(0), False
    words, new, facts = 0, 0, 0  # of the sentence
    while i < stop:
        if not _is_word(data, i, stop, kinds):
            ended = _ends_sentence(data, i, stop, kinds)
            if data[i] == 33 or data[i] == 63:
                spoken = _is_spoken(data, i, start, stop, kinds)
                out.exclamations += spoken and data[i] == 33
                out.questions += spoken and data[i] == 63
            if ended and words:
                out.sentences += 1
                out.empty_sentences += facts == 0 and new <= 1
                words, new, facts, previous = 0, 0, 0, np.uint64(0)
            i += _width(data, i)
            continue
        word = _word(data, i, stop, kinds)
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


@njit(nogil=True, cache=True)
def _word(data: Bytes, i: int, stop: int, kinds: Bytes) -> Word:
    """The word that begins at i."""
    key, begins, letters, uppers, digits, scores = OFFSET, np.int64(kinds[data[i]]), 0, 0, 0, 0
    while i < stop:
        kind, byte = kinds[data[i]], data[i]
        if kind == JOIN or _is_apostrophe(data, i, stop):
            width = 1 if kind == JOIN else 3
            if not _is_word(data, i + width, stop, kinds):
                break
            key = (key ^ np.uint64(39 if width == 3 else byte)) * PRIME
            i += width
            continue
        if not _is_word(data, i, stop, kinds):
            break
        if kind == HIGH:
            letters += 1
            for _ in range(_width(data, i)):
                key = (key ^ np.uint64(data[i])) * PRIME
                i += 1
            continue
        letters += kind <= UPPER
        uppers += kind == UPPER
        digits += kind == DIGIT
        scores += kind == UNDERSCORE
        key = (key ^ np.uint64(byte | 32 if kind == UPPER else byte)) * PRIME
        i += 1
    return Word(key, i, letters, uppers, begins, letters > 0 and (scores > 0 or (digits > 0 and begins != DIGIT)))


@kernel
def _is_word(data: Bytes, i: int, stop: int, kinds: Bytes) -> bool:
    """Whether a character of a word begins at i: none of U+0080 to U+00BF and of U+2000 to U+203F does."""
    if i >= stop:
        return False
    kind = kinds[data[i]]
    if kind == HIGH:
        return data[i] != 0xC2 and not (data[i] == 0xE2 and data[i + 1] == 0x80)
    return 0 < kind < JOIN


@kernel
def _is_apostrophe(data: Bytes, i: int, stop: int) -> bool:
    return i + 2 < stop and data[i] == 0xE2 and data[i + 1] == 0x80 and data[i + 2] == 0x99


@kernel
def _width(data: Bytes, i: int) -> int:
    """Bytes of the character at i."""
    byte = data[i]
    return 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


@kernel
def _ends_sentence(data: Bytes, i: int, stop: int, kinds: Bytes) -> bool:
    """Whether the sign at i ends a sentence: . ! ? before white space, or the first of two newlines."""
    if data[i] == NEWLINE:
        return i + 1 >= stop or data[i + 1] == NEWLINE
    return (data[i] == 46 or data[i] == 33 or data[i] == 63) and _before_space(data, i + 1, stop)


@kernel
def _is_spoken(data: Bytes, i: int, start: int, stop: int, kinds: Bytes) -> bool:
    """Whether ! or ? at i stands behind a word and before white space, as code's seldom do."""
    before = data[i - 1] if i > start else np.uint8(32)
    return (kinds[before] != 0 or before == 33 or before == 63 or before == 41) and _before_space(data, i + 1, stop)


@kernel
def _before_space(data: Bytes, i: int, stop: int) -> bool:
    """Whether white space or the text's end comes next, quotes, brackets and more of . ! ? aside."""
    while i < stop:
        byte = data[i]
        if byte == 32 or 9 <= byte <= 13:
            return True
        if byte == 0xE2 and i + 2 < stop and data[i + 1] == 0x80 and (data[i + 2] == 0x99 or data[i + 2] == 0x9D):
            i += 3
        elif byte in (33, 34, 39, 41, 42, 46, 63, 93, 95):
            i += 1
        else:
            return False
    return True
