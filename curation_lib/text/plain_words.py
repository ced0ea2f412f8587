"""Words as runs of word characters, and the signs between them, read from UTF-8 without a table of characters.

What a word is stands in `text/lexicon.py`; sentences end at . ! ? before white space and at blank lines.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.kernels import kernel
from curation_lib.text.lexicon import OFFSET, PRIME

LETTER, UPPER, DIGIT, UNDERSCORE, HIGH, JOIN = range(1, 7)
NEWLINE = 10


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
    stop: Any
    letters: Any
    uppers: Any
    begins: Any
    mixed: bool


@njit(nogil=True, cache=True)
def word_at(data: Bytes, i: int, stop: int, kinds: Bytes) -> Word:
    """The word that begins at i."""
    key, begins, letters, uppers, digits, scores = OFFSET, np.int64(kinds[data[i]]), 0, 0, 0, 0
    while i < stop:
        kind, byte = kinds[data[i]], data[i]
        if kind == JOIN or _is_apostrophe(data, i, stop):
            width = 1 if kind == JOIN else 3
            if not is_word(data, i + width, stop, kinds):
                break
            key = (key ^ np.uint64(39 if width == 3 else byte)) * PRIME
            i += width
            continue
        if not is_word(data, i, stop, kinds):
            break
        if kind == HIGH:
            letters += 1
            for _ in range(width_of(data, i)):
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
def is_word(data: Bytes, i: int, stop: int, kinds: Bytes) -> Any:
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
def width_of(data: Bytes, i: int) -> int:
    """Bytes of the character at i."""
    byte = data[i]
    return 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


@kernel
def ends_sentence(data: Bytes, i: int, stop: int, kinds: Bytes) -> bool:
    """Whether the sign at i ends a sentence: . ! ? before white space, or the first of two newlines."""
    if data[i] == NEWLINE:
        return i + 1 >= stop or data[i + 1] == NEWLINE
    return (data[i] == 46 or data[i] == 33 or data[i] == 63) and _before_space(data, i + 1, stop)


@kernel
def is_spoken(data: Bytes, i: int, start: int, stop: int, kinds: Bytes) -> bool:
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
