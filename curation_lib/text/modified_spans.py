"""Modifiers that take spans and paragraphs: citations, newlines, quotes, Markdown, addresses, boilerplate."""

from __future__ import annotations

from numba import njit

from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import DIGIT, Table, decode
from curation_lib.text.modifier_steps import (
    ALL_HOLDING,
    CITATIONS,
    LINKS,
    NEWLINES,
    PAIRS,
    PARAGRAPHS,
    QUOTES,
    WINDOWS_NEWLINES,
    Steps,
)
from curation_lib.text.patterns import IGNORECASE, LOWER, SAME, first_end, holds_phrase, phrase_end, word_end
from curation_lib.text.remaining import Remaining

_NEWLINE, _RETURN, _QUOTE = 0x0A, 0x0D, 0x22
_OPEN, _CLOSE, _ADDRESS, _END = 0x5B, 0x5D, 0x28, 0x29  # [ ] ( )


@njit(nogil=True, cache=True)
def mark_spans(left: Remaining, size: int, table: Table, steps: Steps, k: int) -> bool:
    """Mark what step `k` takes; whether anything is marked."""
    kind, mark, first, last = steps.kinds[k], steps.marks[k], steps.firsts[k], steps.lasts[k]
    if kind == CITATIONS:
        return _citations(left, size, table, steps, first, last, mark)
    if kind == NEWLINES:
        return _newlines(left, size, steps.limits[k], mark, False)
    if kind == WINDOWS_NEWLINES:
        return _newlines(left, size, steps.limits[k], mark, True)
    if kind == QUOTES:
        return _quotes(left, size, mark)
    if kind == PAIRS:
        return _pairs(left, size, steps, first, mark)
    if kind == LINKS:
        return _links(left, size, mark)
    if kind == PARAGRAPHS:
        return _paragraphs(left, size, steps, k, mark)
    if kind == ALL_HOLDING:
        found = holds_phrase(left.data, 0, size, steps, k, LOWER)
        left.gone[:size] = mark if found else 0
        return found
    return _urls(left, size, table, steps, k, mark)


@njit(nogil=True, cache=True)
def _citations(left: Remaining, size: int, table: Table, steps: Steps, first: int, last: int, mark: int) -> bool:
    i, found = 0, False
    while i < size:
        stop = -1
        if left.data[i] == _OPEN:
            stop = first_end(left.data, i, size, steps.phrases, first, last, SAME)
            if stop < 0:
                stop = _numbered(left.data, i + 1, size, table)
        if stop > i:
            left.gone[i:stop] = mark
            found = True
        i = max(stop, i + 1)
    return found


@njit(nogil=True, cache=True)
def _numbered(data: Bytes, i: int, size: int, table: Table) -> int:
    """Behind the digits and `]` from `i`, -1 if that is not what stands there."""
    while i < size:
        code, width = decode(data, i, size)
        i += width
        if code == _CLOSE:
            return i
        if not table[code] & DIGIT:
            return -1
    return -1


@njit(nogil=True, cache=True)
def _newlines(left: Remaining, size: int, most: float, mark: int, windows: bool) -> bool:
    """Mark the newlines of a run beyond `most`."""
    i, run, found, width = 0, 0, False, 2 if windows else 1
    while i + width <= size:
        if left.data[i + width - 1] == _NEWLINE and (not windows or left.data[i] == _RETURN):
            run += 1
            if run > most:
                left.gone[i : i + width] = mark
                found = True
            i += width
        else:
            run, i = 0, i + 1
    return found


@njit(nogil=True, cache=True)
def _quotes(left: Remaining, size: int, mark: int) -> bool:
    """Mark the quotation marks around a text of more than two bytes; where it has lines, the first must end in none."""
    if size <= 2 or left.data[0] != _QUOTE or left.data[size - 1] != _QUOTE:
        return False
    for i in range(size):
        if left.data[i] == _NEWLINE:
            if left.data[i - 1] == _QUOTE:
                return False
            break
    left.gone[0] = left.gone[size - 1] = mark
    return True


@njit(nogil=True, cache=True)
def _pairs(left: Remaining, size: int, steps: Steps, n: int, mark: int) -> bool:
    """Mark each two of phrase n that stand in one line."""
    i, opened, behind, found, sign = 0, -1, 0, False, steps.phrases.data[steps.phrases.offsets[n]]
    while i < size:
        stop = phrase_end(left.data, i, size, steps.phrases, n, SAME) if left.data[i] == sign else -1
        if left.data[i] == _NEWLINE:
            opened = -1
        elif stop >= 0 and opened < 0:
            opened, behind = i, stop
        elif stop >= 0:
            left.gone[opened:behind] = mark
            left.gone[i:stop] = mark
            opened, found = -1, True
        i = max(stop, i + 1)
    return found


@njit(nogil=True, cache=True)
def _links(left: Remaining, size: int, mark: int) -> bool:
    """Mark all of `[text](address)` but the address: from the first `[`, to the first `](` and `)` behind it."""
    data, i, found = left.data, 0, False
    start = middle = -1
    while i < size:
        if data[i] == _NEWLINE:
            start = middle = -1
        elif start < 0:
            start = i if data[i] == _OPEN else -1
        elif middle < 0:
            if data[i] == _CLOSE and i + 1 < size and data[i + 1] == _ADDRESS:
                i += 1
                middle = i + 1
        elif data[i] == _END:
            left.gone[start:middle] = mark
            left.gone[i] = mark
            found, start, middle = True, -1, -1
        i += 1
    return found


@njit(nogil=True, cache=True)
def _urls(left: Remaining, size: int, table: Table, steps: Steps, k: int, mark: int) -> bool:
    i, found, first, last = 0, False, steps.firsts[k], steps.lasts[k]
    while i < size:
        if not steps.heads[k, left.data[i]]:
            i += 1
            continue
        stop = first_end(left.data, i, size, steps.phrases, first, last, IGNORECASE)
        end = word_end(left.data, stop, size, table) if stop >= 0 else -1
        if end > stop:
            left.gone[i:end] = mark
            found = True
            i = end
        else:
            i += 1
    return found


@njit(nogil=True, cache=True)
def _paragraphs(left: Remaining, size: int, steps: Steps, k: int, mark: int) -> bool:
    """Mark the paragraphs (between two line feeds) that hold a phrase, if they follow on each other and begin or end
    the text, but not if they are all of it."""
    data, start, number, begun, after, changes = left.data, 0, 0, False, 0, 0
    top = before = False
    while True:
        stop = start
        while stop < size and not (data[stop] == _NEWLINE and stop + 1 < size and data[stop + 1] == _NEWLINE):
            stop += 1
        bad = holds_phrase(data, start, stop, steps, k, LOWER)
        top |= bad and number == 0
        if number and bad != before:
            changes += 1
            after = start if before else start - 2  # what goes ends here, or begins
        before, begun = bad, begun or bad
        if stop == size:
            break
        start, number = stop + 2, number + 1
    if not begun or changes != 1:
        return False
    if top:
        left.gone[:after] = mark
    else:
        left.gone[after:size] = mark
    return True
