"""Where runs of one kind of character end: what the patterns of `splits.py` are made of.

A run goes on at `i` of data[:end], which is the end of the text too. No test of a class passes DOUBT, so that none
runs over it.
"""

from __future__ import annotations

from typing import Any

from curation_lib.text.blocks import letters_end
from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import decode
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.tokenizers.classes import LETTER, LOWER, MARK, NUMBER, OTHER, SPACE, Classes

NEWLINE, RETURN, BLANK, APOSTROPHE, SLASH = (ord(c) for c in "\n\r '/")
ANY_CASE = 0x20
"""The bit by which small letters differ from capitals."""
_D, _E, _L, _M, _R, _S, _T, _V = (ord(c) for c in "delmrstv")


@inlined
def class_at(data: Bytes, i: int, end: int, classes: Classes) -> tuple[int, int]:
    """`(class, bytes)` of the character at `i`; OTHER without bytes at the end."""
    if i >= end:
        return OTHER, 0
    code, width = decode(data, i, end)
    return classes[code], width


@inlined
def is_letter(kind: int) -> bool:
    return LETTER <= kind <= LOWER


@inlined
def is_sign(kind: int) -> bool:
    """Neither white space, nor letter, nor number."""
    return kind in (OTHER, MARK)


@kernel
def contraction_end(data: Bytes, i: int, end: int, small: int) -> int:
    """Where the contraction ends whose apostrophe stands at `i`, `i` where there is none; small: 0x20 for any case."""
    if i + 1 >= end:
        return i
    a: Any = data[i + 1] | small
    if a in (_S, _D, _M, _T):
        return i + 2
    if i + 2 >= end:
        return i
    b: Any = data[i + 2] | small
    if (a == _L and b == _L) or (b == _E and a in (_V, _R)):
        return i + 3
    return i


@inlined
def letter_run(data: Bytes, i: int, end: int, classes: Classes) -> int:
    while True:
        i = letters_end(data, i, end)
        if i >= end or data[i] < 0x80:
            return i
        kind, width = class_at(data, i, end, classes)
        if not is_letter(kind):
            return i
        i += width


@kernel
def number_run(data: Bytes, i: int, end: int, classes: Classes, most: int) -> int:
    """The end of at most `most` numbers."""
    for _ in range(most):
        kind, width = class_at(data, i, end, classes)
        if kind != NUMBER:
            return i
        i += width
    return i


@kernel
def sign_run(data: Bytes, i: int, end: int, classes: Classes) -> int:
    kind, width = class_at(data, i, end, classes)
    while width and is_sign(kind):
        i += width
        kind, width = class_at(data, i, end, classes)
    return i


@kernel
def space_end(data: Bytes, i: int, end: int, classes: Classes, lines: bool, whole_end: bool = False) -> int:
    """The piece of white space at `i`: all of it at the end of the text, else all but its last character where it has
    several; where `lines`, up to its last line end."""
    stop, last, line = i, i, i
    kind, width = class_at(data, i, end, classes)
    while width and kind == SPACE:
        last = stop
        stop += width
        if data[last] in (NEWLINE, RETURN):
            line = stop
        kind, width = class_at(data, stop, end, classes)
    if whole_end and stop == end:
        return stop
    if lines and line > i:
        return line
    return stop if stop == end or last == i else last
