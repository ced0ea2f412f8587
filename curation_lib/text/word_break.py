"""Words by Unicode's rules (UAX #29, Unicode 16.0), those that begin with a letter or number: DCLM's words.

Given the same text they are `[w for w in uniseg.wordbreak.words(text) if w[0].isalnum()]` (uniseg 0.10). In scripts
written without spaces a word is one ideograph, one kana or one letter, a run of katakana apart.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import decode
from curation_lib.text.occurrences import spread
from curation_lib.text.space_words import SpaceWords
from curation_lib.text.unicode_ranges import ranges

BreakTable = npt.NDArray[np.uint8]

_CLASSES = (
    "CR LF Newline Extend ZWJ Format Katakana Hebrew_Letter ALetter Single_Quote Double_Quote MidNumLet MidLetter "
    "MidNum Numeric ExtendNumLet WSegSpace"
).split()
(_CR, _LF, _NEWLINE, _EXTEND, _ZWJ, _FORMAT, _KATAKANA, _HEBREW, _LETTER, _SINGLE, _DOUBLE, _MID_NUM_LET,
 _MID_LETTER, _MID_NUM, _NUMERIC, _EXTENDER, _SPACE) = range(1, 18)  # fmt: skip
_NONE, _CLASS = 0, 31
ALNUM, _PICTURE = 1 << 5, 1 << 6
_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, over code points


@cache
def break_table() -> BreakTable:
    """uint8[0x110000]: the word-break class of each code point, whether `str.isalnum`, whether a pictograph."""
    table = np.zeros(0x110000, np.uint8)
    for number, name in enumerate(_CLASSES, 1):
        for first, last in ranges(name):
            table[first : last + 1] = number
    for first, last in ranges("Extended_Pictographic"):
        table[first : last + 1] |= _PICTURE
    table[[c for c in range(0x110000) if chr(c).isalnum()]] |= ALNUM
    table.flags.writeable = False
    return table


@njit(nogil=True, cache=True)
def split_unicode_words(data: Bytes, start: int, end: int, table: BreakTable, words: SpaceWords) -> int:
    """Put the words of data[start:end] into `words`; returns how many there are.

    Fills hashes, ends (lengths in characters, running) and starts.
    """
    n, counted, i = 0, False, start
    before: Any = _NONE  # class of the last code point but Extend, Format and ZWJ; of the one before that
    earlier: Any = _NONE
    last: Any = _NONE  # class of the last code point, whatever it is
    h: Any = _SEED
    length: Any = 0
    while i < end:
        at = i
        code, width = decode(data, i, end)
        i += width
        entry: Any = np.int64(table[code])
        now: Any = entry & _CLASS
        skipped = now in (_EXTEND, _FORMAT, _ZWJ)
        if at == start or last in (_CR, _LF, _NEWLINE) or now in (_CR, _LF, _NEWLINE):
            joined = last == _CR and now == _LF and at > start
        else:
            joined = skipped or (last == _ZWJ and entry & _PICTURE != 0) or last == now == _SPACE
            joined = joined or _joins(data, i, end, earlier, before, now, table)
        if not joined:
            n = _add(words, n, counted, h, length)
            counted, h, length = entry & ALNUM != 0, _SEED, 0
            words.starts[n] = at
        if counted:
            h, length = (h ^ np.uint64(code)) * _PRIME, length + 1
        last = now
        if not skipped:
            earlier, before = before, now
    return _add(words, n, counted, h, length)


@njit(nogil=True, cache=True)
def _joins(data: Bytes, i: int, end: int, earlier: int, before: int, now: int, table: BreakTable) -> bool:
    """Rules WB5 to WB13b: whether no word ends between a code point of class `before` and one of class `now`, which
    ends at `i`."""
    letters = before in (_LETTER, _HEBREW)
    if now in (_LETTER, _HEBREW):
        if letters or before in (_NUMERIC, _EXTENDER):
            return True
        if earlier == _HEBREW and before == _DOUBLE and now == _HEBREW:
            return True
        return earlier in (_LETTER, _HEBREW) and before in (_MID_LETTER, _MID_NUM_LET, _SINGLE)
    if now == _NUMERIC:
        if letters or before in (_NUMERIC, _EXTENDER):
            return True
        return earlier == _NUMERIC and before in (_MID_NUM, _MID_NUM_LET, _SINGLE)
    if now == _KATAKANA:
        return before in (_KATAKANA, _EXTENDER)
    if now == _EXTENDER:
        return letters or before in (_NUMERIC, _KATAKANA, _EXTENDER)
    if letters and now in (_MID_LETTER, _MID_NUM_LET, _SINGLE):
        if before == _HEBREW and now == _SINGLE:
            return True
        return _next(data, i, end, table) in (_LETTER, _HEBREW)
    if before == _HEBREW and now == _DOUBLE:
        return _next(data, i, end, table) == _HEBREW
    if before == _NUMERIC and now in (_MID_NUM, _MID_NUM_LET, _SINGLE):
        return _next(data, i, end, table) == _NUMERIC
    return False


@njit(nogil=True, cache=True)
def _next(data: Bytes, i: int, end: int, table: BreakTable) -> int:
    """Class of the next code point that is not Extend, Format or ZWJ."""
    while i < end:
        code, width = decode(data, i, end)
        found = int(table[code]) & _CLASS
        if found not in (_EXTEND, _FORMAT, _ZWJ):
            return found
        i += width
    return _NONE


@njit(nogil=True, cache=True)
def _add(words: SpaceWords, n: int, counted: bool, h: np.uint64, length: int) -> int:
    if not counted:
        return n
    words.hashes[n] = spread(h)
    words.ends[n + 1] = words.ends[n] + length
    return n + 1
