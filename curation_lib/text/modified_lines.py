"""Modifiers that take whole lines: which rule of a peer a line fails, and what goes with it."""

from __future__ import annotations

from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import BREAK, KIND, SPACE, SYMBOL, Table, decode, last_start, strip_space
from curation_lib.text.line_edits import ODD_LINE, line_words
from curation_lib.text.modifier_steps import (
    COUNTER,
    CUT_ANYWHERE,
    CUT_END,
    CUT_START,
    EMPTY_STAYS,
    ENDING,
    EQUAL,
    FEW_WORDS,
    HOLDING,
    JOINED,
    LONG_WORD,
    NUMERIC,
    SYMBOLS,
    UNTERMINATED,
    Steps,
)
from curation_lib.text.patterns import (
    DIGIT_LIKE,
    IGNORECASE,
    SAME,
    UPPERCASE,
    first_end,
    holds_phrase,
    is_counter,
    is_space,
    phrase_end,
)
from curation_lib.text.remaining import Remaining, is_blank

_NEWLINE, _RETURN, _BLANK = 0x0A, 0x0D, 0x20


@njit(nogil=True, cache=True)
def mark_lines(left: Remaining, size: int, table: Table, classes: Bytes, steps: Steps, k: int) -> bool:
    """Mark the lines that fail step `k`; whether anything is marked.

    A line goes with its separator. Where the last one goes, so does the separator before it, if the step joins lines
    anew (JOINED).
    """
    first, behind, found, odd = 0, -1, False, 0
    breaks, joined = steps.kinds[k] == SYMBOLS, steps.flags[k] & JOINED != 0
    while True:
        stop, after = _line(left.data, first, size, table, breaks)
        mark = steps.marks[k] | odd
        goes, some = _judge(left, first, stop, table, classes, steps, k, mark)
        found |= goes or some
        if goes:
            left.gone[first:after] = mark
            odd ^= ODD_LINE
            if stop == after and joined and behind >= 0:
                left.gone[behind] = left.gone[behind + 1] if behind + 1 < size else mark
        else:
            behind = after - 1
        if stop == after or (breaks and after == size):
            return found
        first = after


@njit(nogil=True, cache=True)
def _line(data: Bytes, i: int, size: int, table: Table, breaks: bool) -> tuple[int, int]:
    """Where the line ends, without and with its separator: a line feed or, for `breaks`, any of `str.splitlines`."""
    while i < size:
        if data[i] == _NEWLINE:
            return i, i + 1
        code, width = decode(data, i, size)
        if breaks and table[code] & BREAK:
            return i, i + width + (code == _RETURN and i + 1 < size and data[i + 1] == _NEWLINE)
        i += width
    return size, size


@njit(nogil=True, cache=True)
def _judge(
    left: Remaining, start: int, end: int, table: Table, classes: Bytes, steps: Steps, k: int, mark: int
) -> tuple[bool, bool]:
    """`(the line goes, some of it goes)`; the latter is marked already."""
    kind, limit, first, last = steps.kinds[k], steps.limits[k], steps.firsts[k], steps.lasts[k]
    data = left.data
    if kind in (CUT_ANYWHERE, CUT_START, CUT_END):
        return _cut(left, start, end, table, steps, k, mark)
    if start == end and steps.flags[k] & EMPTY_STAYS:
        return False, False
    if kind == LONG_WORD:
        return line_words(data, start, end, table)[1] > limit, False
    if kind == FEW_WORDS:
        return line_words(data, start, end, table)[0] < limit, False
    if kind in (UNTERMINATED, ENDING):
        return _ends(data, start, end, table, steps, first, last) == (kind == ENDING), False
    if kind == HOLDING:
        return holds_phrase(data, start, end, steps, k, IGNORECASE), False
    if kind == COUNTER:
        return is_counter(data, start, end, table, classes, steps.phrases, first, last), False
    if kind == EQUAL:
        return _equals(data, start, end, steps, first, last), False
    if kind == SYMBOLS:
        return _only_symbols(data, start, end, table), False
    return _share(data, start, end, classes, DIGIT_LIKE if kind == NUMERIC else UPPERCASE) > limit, False


@njit(nogil=True, cache=True)
def _ends(data: Bytes, start: int, end: int, table: Table, steps: Steps, first: int, last: int) -> bool:
    """Whether one of the phrases ends the line, white space apart."""
    end = strip_space(data, start, end, table)
    for n in range(first, last):
        at = end - (steps.phrases.offsets[n + 1] - steps.phrases.offsets[n])
        if at >= start and phrase_end(data, at, end, steps.phrases, n, SAME) == end:
            return True
    return False


@njit(nogil=True, cache=True)
def _equals(data: Bytes, start: int, end: int, steps: Steps, first: int, last: int) -> bool:
    for n in range(first, last):  # noqa: SIM110  (numba knows no generator)
        if phrase_end(data, start, end, steps.phrases, n, SAME) == end:
            return True
    return False


@njit(nogil=True, cache=True)
def _only_symbols(data: Bytes, start: int, end: int, table: Table) -> bool:
    """Whether the line is symbols and blanks, and not white space alone."""
    i, filled = start, False
    while i < end:
        code, width = decode(data, i, end)
        if not (table[code] & SYMBOL or code == _BLANK):
            return False
        filled |= table[code] & KIND != SPACE
        i += width
    return filled


@njit(nogil=True, cache=True)
def _share(data: Bytes, start: int, end: int, classes: Bytes, wanted: int) -> float:
    """Characters of a class / characters, 0 without any."""
    i, characters, met = start, 0, 0
    while i < end:
        code, width = decode(data, i, end)
        characters += 1
        met += classes[code] & wanted != 0
        i += width
    return met / characters if characters else 0.0


@njit(nogil=True, cache=True)
def _cut(left: Remaining, start: int, end: int, table: Table, steps: Steps, k: int, mark: int) -> tuple[bool, bool]:
    """DCLM's cut of phrases, with one white-space character beside them, from lines of few words. A line of which no
    more than white space is left goes, one that was white space alone too."""
    if line_words(left.data, start, end, table)[0] > steps.limits[k]:
        return False, False
    if steps.kinds[k] == CUT_START:
        cut = _cut_start(left, start, end, table, steps, k, mark)
    elif steps.kinds[k] == CUT_END:
        cut = _cut_end(left, start, end, table, steps, k, mark)
    else:
        cut = _cut_anywhere(left, start, end, table, steps, k, mark)
    return start < end and is_blank(left.data, start, end, left.gone, table), cut


@njit(nogil=True, cache=True)
def _cut_anywhere(left: Remaining, start: int, end: int, table: Table, steps: Steps, k: int, mark: int) -> bool:
    i, found, first, last = start, False, steps.firsts[k], steps.lasts[k]
    while i < end:
        space, width, stop = is_space(left.data, i, end, table), decode(left.data, i, end)[1], -1
        if i + space < end and steps.heads[k, left.data[i + space]]:
            stop = first_end(left.data, i + space, end, steps.phrases, first, last, IGNORECASE)
        if stop >= 0:
            left.gone[i:stop] = mark
            found = True
        i = max(stop, i + width)
    return found


@njit(nogil=True, cache=True)
def _cut_start(left: Remaining, start: int, end: int, table: Table, steps: Steps, k: int, mark: int) -> bool:
    stop = first_end(left.data, start, end, steps.phrases, steps.firsts[k], steps.lasts[k], IGNORECASE)
    if stop >= 0:
        left.gone[start : stop + is_space(left.data, stop, end, table)] = mark
    return stop >= 0


@njit(nogil=True, cache=True)
def _cut_end(left: Remaining, start: int, end: int, table: Table, steps: Steps, k: int, mark: int) -> bool:
    n, at = steps.firsts[k], end
    for _ in range(steps.phrases.offsets[n + 1] - steps.phrases.offsets[n]):
        if at == start:
            return False
        at = last_start(left.data, start, at)
    if phrase_end(left.data, at, end, steps.phrases, n, IGNORECASE) != end:
        return False
    before = last_start(left.data, start, at) if at > start else at
    left.gone[before if is_space(left.data, before, at, table) else at : end] = mark
    return True
