"""Which lines look like code or markup, by points for signs that prose does not have; ASCII only.

Points of a line without the white space around it:
- 2: it ends in `;` `{` `}` `[` `(` `=` or a backslash; 1: in `)` `]` `>` `,` `:`
- 2: it begins with `<` `{` `}` `@` `$` `//` `/*`, a backslash and a letter, `#` and a letter, or `--` and a letter
- 1 for each different pair of PAIRS, 2 at most
- 1: a letter, digit or `_` directly before `(`; 1: `_` between two letters or digits
- 1: SIGNS are a tenth of its characters but white space; 2: a fifth
- less 2: it has PROSE_SPACES spaces and ends in `.` `?` `!`, or three times as many
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets

CODE_POINTS = 2
"""Points from which a line counts as code or markup."""
PROSE_SPACES = 6
PAIRS = (
    "::",
    "->",
    "=>",
    "==",
    "!=",
    "()",
    "</",
    "/>",
    "&&",
    "||",
    "+=",
    "<=",
    ">=",
    ":=",
    "= ",
    "[]",
    '":',
    '="',
    "${",
)
SIGNS = "{}[]<>=;|&$^~_@\\"
_STRONG_ENDS, _WEAK_ENDS, _STARTS = ";{}[(=\\", ")]>,:", "<{}@$"
_NAME, _SIGN, _STRONG, _WEAK, _START, _STOP = (1 << n for n in range(6))
_SPACES, _NEWLINE = (0x09, 0x0B, 0x0C, 0x0D, 0x20), 0x0A
_SLASH, _STAR, _BACKSLASH, _HASH, _HYPHEN, _OPEN, _JOIN, _LESS, _GREATER = (ord(c) for c in "/*\\#-(_<>")
_BLANK = 0x20


def _classes() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for signs, flag in (
        (SIGNS, _SIGN),
        (_STRONG_ENDS, _STRONG),
        (_WEAK_ENDS, _WEAK),
        (_STARTS, _START),
        (".?!", _STOP),
    ):
        table[list(map(ord, signs))] |= flag
    for first, last in (("a", "z"), ("A", "Z"), ("0", "9")):
        table[ord(first) : ord(last) + 1] |= _NAME
    return table


def _pairs() -> npt.NDArray[np.uint32]:
    """Bit n at [a, b] where PAIRS[n] is a, b."""
    table = np.zeros((256, 256), np.uint32)
    for n, pair in enumerate(PAIRS):
        table[ord(pair[0]), ord(pair[1])] = 1 << n
    return table


_CLASSES, _PAIR = _classes(), _pairs()


@njit(nogil=True, cache=True)
def line_points(data: Bytes, start: int, end: int) -> int:
    """Points of the line [start, end), which holds more than white space and none at its ends."""
    characters = signs = pairs = call = join = spaces = 0
    for i in range(start, end):
        c = data[i]
        characters += c & 0xC0 != 0x80 and c not in _SPACES
        signs += _CLASSES[c] & _SIGN != 0
        spaces += c == _BLANK
        if i > start:
            before = data[i - 1]
            pairs |= _PAIR[before, c]
            named = _CLASSES[before] & _NAME or before == _JOIN
            call |= c == _OPEN and named != 0
            if c == _JOIN and i + 1 < end:
                join |= _CLASSES[before] & _NAME and _CLASSES[data[i + 1]] & _NAME
    met = (pairs != 0) + (pairs & (pairs - 1) != 0)
    share = (10 * signs >= characters) + (5 * signs >= characters) if signs else 0
    last = _CLASSES[data[end - 1]]
    ends = 2 if last & _STRONG else 1 if last & _WEAK else 0
    prose = spaces >= 3 * PROSE_SPACES or (spaces >= PROSE_SPACES and last & _STOP != 0)
    return (
        met - (2 if prose else 0) + share + ends + (call != 0) + (join != 0) + (2 if _begins(data, start, end) else 0)
    )


@njit(nogil=True, cache=True)
def _begins(data: Bytes, start: int, end: int) -> bool:
    first = data[start]
    if _CLASSES[first] & _START:
        return True
    if start + 1 >= end:
        return False
    second = data[start + 1]
    letter = _CLASSES[second] & _NAME and second > 0x39
    if first == _SLASH:
        return second in (_SLASH, _STAR)
    if first in (_BACKSLASH, _HASH):
        return bool(letter)
    return first == _HYPHEN and second == _HYPHEN and start + 2 < end and _CLASSES[data[start + 2]] & _NAME != 0


@njit(nogil=True, cache=True)
def code_characters(data: Bytes, offsets: Offsets, least: int, out: Any) -> None:
    """Per row: characters of filled lines, of those with `least` points, of tags (`out`: int64, shape (rows, 3)).

    A tag is `<`, a letter, `/` or `!`, and what follows up to `>` in the same line, with no `<` between.
    """
    for row in range(len(offsets) - 1):
        line, end = offsets[row], offsets[row + 1]
        while line < end:
            stop = line
            while stop < end and data[stop] != _NEWLINE:
                stop += 1
            first, last = line, stop
            while first < last and data[first] in _SPACES:
                first += 1
            while last > first and data[last - 1] in _SPACES:
                last -= 1
            if first < last:
                size = _characters(data, first, last)
                out[row, 0] += size
                out[row, 1] += size if line_points(data, first, last) >= least else 0
                out[row, 2] += _tagged(data, first, last)
            line = stop + 1


@njit(nogil=True, cache=True)
def _characters(data: Bytes, start: int, end: int) -> int:
    count = 0
    for i in range(start, end):
        count += data[i] & 0xC0 != 0x80
    return count


@njit(nogil=True, cache=True)
def _tagged(data: Bytes, start: int, end: int) -> int:
    """Characters of tags in the line."""
    count, opened = 0, -1
    for i in range(start, end):
        if data[i] == _LESS:
            after = data[i + 1] if i + 1 < end else np.uint8(0)
            named = (_CLASSES[after] & _NAME and after > 0x39) or after == _SLASH or after == 0x21
            opened = i if named else -1
        elif data[i] == _GREATER and opened >= 0:
            count += _characters(data, opened, i + 1)
            opened = -1
    return count
