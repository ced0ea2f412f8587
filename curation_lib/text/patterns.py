"""The steps of the peers' regular expressions over UTF-8: one character in any case, classes, short phrases."""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import DIGIT, KIND, SPACE, Table, decode, skip_space
from curation_lib.text.modifier_steps import Steps
from curation_lib.text.segments import Phrases

UPPERCASE, DIGIT_LIKE, WORD = 1, 2, 4
"""Classes: `str.isupper`, `str.isdigit`, and `\\w` of a regular expression (`str.isalnum` or `_`)."""
ALPHANUMERIC = 8
SAME, LOWER, IGNORECASE = 0, 1, 2
"""How characters of a text are held against phrases in lower-case ASCII: as they are, by `str.lower`, by `re.I`."""
ANY = 0
"""The byte of a phrase that any character meets."""
_KELVIN, _LONG_S, _DOTTED_I, _DOTLESS_I = 0x212A, 0x17F, 0x130, 0x131


@cache
def class_table() -> Bytes:
    """uint8[0x110000]: classes of every code point. 1.1 MB, made once a process in about 0.4 s."""
    characters = [chr(code) for code in range(0x110000)]
    upper, digits, words = (
        np.array([test(c) for c in characters], np.uint8) for test in (str.isupper, str.isdigit, str.isalnum)
    )
    table: Bytes = upper * UPPERCASE + digits * DIGIT_LIKE + words * (WORD | ALPHANUMERIC)
    table[ord("_")] |= WORD
    table.flags.writeable = False
    return table


@njit(nogil=True, cache=True)
def folded(code: int, case: int) -> int:
    """The ASCII letter that the character is one of, itself where it is none."""
    if case == SAME or code < 65:
        return code
    if code < 128:
        return code + 32 if code <= 90 else code
    if code == _KELVIN:
        return 107
    if case == IGNORECASE:
        if code in (_DOTTED_I, _DOTLESS_I):
            return 105
        return 115 if code == _LONG_S else code
    return code


@njit(nogil=True, cache=True)
def phrase_end(data: Bytes, i: int, end: int, phrases: Phrases, n: int, case: int) -> int:
    """Where phrase n, which stands at `i`, ends; -1 if it does not stand there."""
    for k in range(phrases.offsets[n], phrases.offsets[n + 1]):
        if i >= end:
            return -1
        code, width = decode(data, i, end)
        if phrases.data[k] not in (ANY, folded(code, case)):
            return -1
        i += width
    return i


@njit(nogil=True, cache=True)
def first_end(data: Bytes, i: int, end: int, phrases: Phrases, first: int, last: int, case: int) -> int:
    """Where the first of phrases [first, last), none of them empty, that stands at `i` ends; -1 if none does."""
    if i >= end:
        return -1
    code = folded(decode(data, i, end)[0], case)
    for n in range(first, last):
        if phrases.data[phrases.offsets[n]] == code:
            stop = phrase_end(data, i, end, phrases, n, case)
            if stop >= 0:
                return stop
    return -1


@njit(nogil=True, cache=True)
def holds_phrase(data: Bytes, start: int, end: int, steps: Steps, k: int, case: int) -> bool:
    """Whether a phrase of step `k` stands in data[start:end]."""
    first, last = steps.firsts[k], steps.lasts[k]
    for i in range(start, end):
        if steps.heads[k, data[i]] and first_end(data, i, end, steps.phrases, first, last, case) >= 0:
            return True
    return False


@njit(nogil=True, cache=True)
def is_space(data: Bytes, i: int, end: int, table: Table) -> int:
    """Bytes of the white-space character at `i`, 0 if there is none."""
    if i >= end:
        return 0
    code, width = decode(data, i, end)
    return width if table[code] & KIND == SPACE else 0


@njit(nogil=True, cache=True)
def word_end(data: Bytes, i: int, end: int, table: Table) -> int:
    """Where the next white space from `i` on begins; `end` if there is none."""
    while i < end:
        code, width = decode(data, i, end)
        if table[code] & KIND == SPACE:
            break
        i += width
    return i


@njit(nogil=True, cache=True)
def behind_signs(data: Bytes, i: int, end: int, classes: Bytes) -> int:
    """Where the run of `\\W` from `i` ends."""
    while i < end:
        code, width = decode(data, i, end)
        if classes[code] & WORD:
            break
        i += width
    return i


@njit(nogil=True, cache=True)
def is_counter(
    data: Bytes, i: int, end: int, table: Table, classes: Bytes, phrases: Phrases, first: int, last: int
) -> bool:
    """Whether data[i:end] is a number, its unit (k, m, b), white space and one of the phrases, signs at both ends."""
    i = behind_signs(data, i, end, classes)
    if i >= end or not table[decode(data, i, end)[0]] & DIGIT:
        return False
    while i < end:
        code, width = decode(data, i, end)
        if not (table[code] & DIGIT or code in (44, 46)):
            i += width if folded(code, LOWER) in (107, 109, 98) else 0
            break
        i += width
    word = skip_space(data, i, end, table)
    stop = first_end(data, word, end, phrases, first, last, LOWER) if word > i else -1
    return stop >= 0 and behind_signs(data, stop, end, classes) == end
