"""Texts as lines for a classifier, which sees no line breaks: the same in training and in scoring.

`lines`: `" ".join(text.strip().splitlines())`, case and punctuation as written, as DCLM gives texts to fastText
(mlfoundations/dclm, quality_prediction_enrichers_calc_fasttext.py).
`words`: in lower case, signs apart, each character of a script without spaces apart, one space between: what fastText's
own tutorial does by `sed` and `tr` for ASCII, for all of Unicode.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.characters import decode, encode
from curation_lib.text.codepoints import ALONE, SEPARATOR, word_table
from curation_lib.text.kernels import kernel

Form = Literal["lines", "words"]
_GROWTH = 3
"""Bytes of `words` per byte of text, at most: a sign of one byte between two spaces."""


def classifier_lines(column: Column, form: Form) -> tuple[Bytes, Offsets]:
    """Each text as one line, `(data, offsets)`; offsets start at 0. Raises ContractError for nulls."""
    data, offsets = arrow_buffers(column)
    made: tuple[Bytes, Offsets]
    made = _lines(data, offsets) if form == "lines" else _words(data, offsets, _characters())
    return made


@cache
def _characters() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: `lower << 2 | kind`, a character that only separates (white space) as 0."""
    table = word_table().copy()
    signs = np.flatnonzero(table == 0).astype(np.uint32)
    spaces = np.fromiter((chr(c).isspace() for c in signs.tolist()), bool, len(signs))
    table[signs] = np.where(spaces, 0, signs << 2 | ALONE)
    table.flags.writeable = False
    return table


@kernel
def _break_width(data: Bytes, i: int, end: int) -> int:
    """Bytes of the line break of `str.splitlines` at `i`, 0 where there is none."""
    c = data[i]
    if c == 13:
        return 2 if i + 1 < end and data[i + 1] == 10 else 1
    if 10 <= c <= 12 or 28 <= c <= 30:
        return 1
    if c == 0xC2:  # U+0085
        return 2 if data[i + 1] == 0x85 else 0
    if c == 0xE2 and data[i + 1] == 0x80:  # U+2028, U+2029
        return 3 if 0xA8 <= data[i + 2] <= 0xA9 else 0
    return 0


@kernel
def _space_width(data: Bytes, i: int) -> int:
    """Bytes of the white space of `str.isspace` at `i`, 0 where there is none."""
    c = data[i]
    if 9 <= c <= 13 or 28 <= c <= 32:
        return 1
    if c == 0xC2:
        return 2 if data[i + 1] == 0x85 or data[i + 1] == 0xA0 else 0
    if c == 0xE1:  # U+1680
        return 3 if data[i + 1] == 0x9A and data[i + 2] == 0x80 else 0
    if c == 0xE3:  # U+3000
        return 3 if data[i + 1] == 0x80 and data[i + 2] == 0x80 else 0
    if c != 0xE2:
        return 0
    second, third = data[i + 1], data[i + 2]
    if second == 0x81:  # U+205F
        return 3 if third == 0x9F else 0
    # U+2000 to U+200A, U+2028, U+2029, U+202F
    return 3 if second == 0x80 and (third <= 0x8A or 0xA8 <= third <= 0xA9 or third == 0xAF) else 0


@kernel
def _stripped_end(data: Bytes, i: int, end: int) -> int:
    """Where the text that begins at `i` ends without the white space behind it."""
    while end > i:
        last = end - 1
        while last > i and data[last] & 0xC0 == 0x80:
            last -= 1
        if _space_width(data, last) == 0:
            return end
        end = last
    return end


@njit(nogil=True, cache=True)
def _lines(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(offsets[rows] - offsets[0], np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        i, end = offsets[row], offsets[row + 1]
        while i < end and _space_width(data, i) > 0:
            i += _space_width(data, i)
        end = _stripped_end(data, i, end)
        while i < end:
            c = data[i]
            width = 0
            if c <= 30 or c == 0xC2 or c == 0xE2:  # all that a break can begin with
                width = _break_width(data, i, end)
            out[m] = 32 if width > 0 else c
            m += 1
            i += max(width, 1)
        ends[row + 1] = m
    return out[:m], ends


@njit(nogil=True, cache=True)
def _words(data: Bytes, offsets: Offsets, characters: npt.NDArray[np.uint32]) -> tuple[Bytes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(_GROWTH * (offsets[rows] - offsets[0]), np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        i, end, start = offsets[row], offsets[row + 1], m
        apart = False
        while i < end:
            code, width = decode(data, i, end)
            i += width
            found = np.int64(characters[code])
            kind = found & 3
            if found == SEPARATOR:
                apart = True
                continue
            if (apart or kind == ALONE) and m > start:
                out[m] = 32
                m += 1
            m = encode(out, m, found >> 2)
            apart = kind == ALONE
        ends[row + 1] = m
    return out[:m], ends
