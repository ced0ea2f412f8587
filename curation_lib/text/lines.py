"""Lines and paragraphs of a text: how many, how they begin and end, which repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import TERMINAL, Table, decode, holds, last_start, skip_space, strip_space
from curation_lib.text.occurrences import add, count_at, spread

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)  # FNV-1a
_NEWLINE, _STOP, _HYPHEN = 0x0A, 0x2E, 0x2D
_HASH, _CURLY = 0x23, 0x7B
_BULLET, _ELLIPSIS, _LAST_OF_ELLIPSIS = 0x2022, 0x2026, 0xA6
_SIGNS = np.isin(np.arange(256), [_HASH, _CURLY, _STOP, _LAST_OF_ELLIPSIS, ord("m"), ord("M")])  # lorem's m


@njit(nogil=True, cache=True)
def count_line(data: Bytes, start: int, end: int, table: Table, out: Any) -> None:
    """Count one line of str.splitlines: a bullet begins it, an ellipsis ends it (Gopher's quality rules)."""
    out.lines += 1
    start = skip_space(data, start, end, table)
    end = strip_space(data, start, end, table)
    if start == end:
        return
    first, _ = decode(data, start, end)
    out.bullet_lines += first in (_BULLET, _HYPHEN)
    if data[end - 1] == _STOP:
        out.ellipsis_lines += end - start >= 3 and data[end - 2] == _STOP and data[end - 3] == _STOP
    else:
        out.ellipsis_lines += decode(data, last_start(data, start, end), end)[0] == _ELLIPSIS


@njit(nogil=True, cache=True)
def count_signs(data: Bytes, start: int, end: int, lorem: Bytes, out: Any) -> None:
    """Count characters, newlines, hashes, ellipses, curly brackets and the phrase `lorem ipsum`."""
    characters = newlines = hashes = ellipses = curly = phrases = dots = 0
    for i in range(start, end):
        characters += (data[i] & 0xC0) != 0x80
        newlines += data[i] == _NEWLINE
    for i in range(start, end):
        c = data[i]
        if not _SIGNS[c]:
            continue
        if c == _STOP:
            dots = dots % 3 + 1 if i > start and data[i - 1] == _STOP else 1
            ellipses += dots == 3
        elif c == _LAST_OF_ELLIPSIS:
            ellipses += i - start >= 2 and data[i - 1] == 0x80 and data[i - 2] == 0xE2
        elif c == _HASH:
            hashes += 1
        elif c == _CURLY:
            curly += 1
        elif i - start >= 4:
            phrases += holds(data, i - 4, end, lorem)
    out.characters, out.newlines, out.hashes, out.ellipses = characters, newlines, hashes, ellipses
    out.curly_brackets, out.lorem_ipsum = curly, phrases


@njit(nogil=True, cache=True)
def scan_lines(
    data: Bytes, start: int, end: int, table: Table, short: int,
    seen: Hashes, slots: int, stamp: int, out: Any,
) -> None:  # fmt: skip
    """Count what \\n separates in data[start:end], and what repeats of it.

    `line_pieces` are those of `re.split("\\n+", text)`: the empty ones before a leading and behind a trailing
    newline count, as they do for datatrove. `filled_lines` hold more than white space.
    """
    pieces = repeats = repeated = filled = terminated = shorts = filled_repeated = 0
    line = start
    while line <= end:
        stop, characters, h = _piece(data, line, end)
        if stop > line or (start < end and line in (start, end)):
            again = _repeats(seen, slots, stamp, h, stop - line)
            pieces += 1
            repeats += again
            repeated += characters if again else 0
            if skip_space(data, line, stop, table) < stop:
                filled += 1
                shorts += characters <= short
                last, _ = decode(data, last_start(data, line, stop), stop)
                terminated += (table[last] & TERMINAL) != 0
                filled_repeated += characters if again else 0
        line = stop + 1
    out.line_pieces, out.repeated_lines, out.repeated_line_characters = pieces, repeats, repeated
    out.filled_lines, out.terminated_lines, out.short_lines = filled, terminated, shorts
    out.repeated_filled_characters = filled_repeated


@njit(nogil=True, cache=True)
def scan_paragraphs(
    data: Bytes, start: int, end: int, table: Table, seen: Hashes, slots: int, stamp: int, out: Any
) -> None:
    """Count what two or more \\n separate in the text without the white space around it."""
    start = skip_space(data, start, end, table)
    end = strip_space(data, start, end, table)
    paragraph, i, characters, h = start, start, 0, _SEED
    while i < end:
        if data[i] == _NEWLINE and data[i + 1] == _NEWLINE:  # the last character is no newline
            _count_paragraph(seen, slots, stamp, h, i - paragraph, characters, out)
            while data[i] == _NEWLINE:
                i += 1
            paragraph, characters, h = i, 0, _SEED
        h = (h ^ np.uint64(data[i])) * _PRIME
        characters += (data[i] & 0xC0) != 0x80
        i += 1
    _count_paragraph(seen, slots, stamp, h, end - paragraph, characters, out)


@njit(nogil=True, cache=True)
def _count_paragraph(seen: Hashes, slots: int, stamp: int, h: np.uint64, size: int, characters: int, out: Any) -> None:
    out.paragraphs += 1
    if _repeats(seen, slots, stamp, h, size):
        out.repeated_paragraphs += 1
        out.repeated_paragraph_characters += characters


@njit(nogil=True, cache=True)
def _piece(data: Bytes, start: int, end: int) -> tuple[int, int, np.uint64]:
    """Where the line ends, its characters and hash."""
    h, characters, i = _SEED, 0, start
    while i < end and data[i] != _NEWLINE:
        h = (h ^ np.uint64(data[i])) * _PRIME
        characters += (data[i] & 0xC0) != 0x80
        i += 1
    return i, characters, h


@njit(nogil=True, cache=True)
def _repeats(seen: Hashes, slots: int, stamp: int, h: np.uint64, size: int) -> bool:
    return count_at(seen, add(seen, slots, stamp, spread(h + np.uint64(size)))) > 1
