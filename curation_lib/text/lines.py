"""Lines and paragraphs of a text: how many, how they begin and end, which repeat."""

from __future__ import annotations

from typing import Any

import numpy as np

from curation_lib.text.blocks import (
    CASE,
    block_at,
    count_characters,
    equal,
    newline_at,
    ones,
    text_hash,
    trailing_zeros,
)
from curation_lib.text.buffers import Bytes, Hashes
from curation_lib.text.characters import TERMINAL, Table, decode, holds, last_start, skip_space, strip_space
from curation_lib.text.kernels import kernel
from curation_lib.text.occurrences import add, count_at

_NEWLINE, _STOP, _HYPHEN, _HASH, _CURLY, _E, _M = (ord(c) for c in "\n.-#{em")
_BULLET, _ELLIPSIS, _LAST_OF_ELLIPSIS = 0x2022, 0x2026, 0xA6
_0, _1, _8, _56 = (np.uint64(n) for n in (0, 1, 8, 56))


@kernel
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


@kernel
def count_signs(data: Bytes, start: int, end: int, lorem: Bytes, out: Any) -> None:
    """Count characters, newlines, hashes, ellipses, curly brackets and the phrase `lorem ipsum`."""
    newlines: Any = 0
    hashes: Any = 0
    curly: Any = 0
    out.ellipses = out.lorem_ipsum = 0
    rare, e, dots = False, _0, _0
    for i in range(start, end, 8):
        block = block_at(data, i, end)
        newlines += ones(equal(block, _NEWLINE))
        hashes += ones(equal(block, _HASH))
        curly += ones(equal(block, _CURLY))
        before, dots = dots, equal(block, _STOP)
        rare |= (dots & (dots << _8 | before >> _56)) | equal(block, _LAST_OF_ELLIPSIS) != _0
        before, e = e, equal(block | CASE, _E)
        m = equal(block | CASE, _M) & (e << _8 | before >> _56)
        while m:
            at = i + (trailing_zeros(m) >> 3) - 4
            out.lorem_ipsum += at >= start and holds(data, at, end, lorem)
            m &= m - _1
    out.characters, out.newlines = count_characters(data, start, end), newlines
    out.hashes, out.curly_brackets = hashes, curly
    if rare:
        out.ellipses = _ellipses(data, start, end)


@kernel
def _ellipses(data: Bytes, start: int, end: int) -> int:
    """How often `...` (of a longer run each three) and `…` occur."""
    ellipses, dots = 0, 0
    for i in range(start, end):
        dots = dots % 3 + 1 if data[i] == _STOP else 0
        ellipses += dots == 3
        if data[i] == _LAST_OF_ELLIPSIS and i - start >= 2:
            ellipses += data[i - 1] == 0x80 and data[i - 2] == 0xE2
    return ellipses


@kernel
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
        stop = newline_at(data, line, end)
        if stop > line or (start < end and line in (start, end)):
            characters, again = count_characters(data, line, stop), _repeats(seen, slots, stamp, data, line, stop)
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


@kernel
def scan_paragraphs(
    data: Bytes, start: int, end: int, table: Table, seen: Hashes, slots: int, stamp: int, out: Any
) -> None:
    """Count what two or more \\n separate in the text without the white space around it."""
    start = skip_space(data, start, end, table)
    end = strip_space(data, start, end, table)
    paragraph, i = start, newline_at(data, start, end)
    while i < end:
        if data[i + 1] != _NEWLINE:  # the last character is no newline
            i = newline_at(data, i + 1, end)
            continue
        _count_paragraph(data, paragraph, i, seen, slots, stamp, out)
        while data[i] == _NEWLINE:
            i += 1
        paragraph, i = i, newline_at(data, i, end)
    _count_paragraph(data, paragraph, end, seen, slots, stamp, out)


@kernel
def _count_paragraph(data: Bytes, start: int, end: int, seen: Hashes, slots: int, stamp: int, out: Any) -> None:
    out.paragraphs += 1
    if _repeats(seen, slots, stamp, data, start, end):
        out.repeated_paragraphs += 1
        out.repeated_paragraph_characters += count_characters(data, start, end)


@kernel
def _repeats(seen: Hashes, slots: int, stamp: int, data: Bytes, start: int, end: int) -> bool:
    return count_at(seen, add(seen, slots, stamp, text_hash(data, start, end))) > 1
