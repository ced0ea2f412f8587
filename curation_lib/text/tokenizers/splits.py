"""Where a piece ends: the patterns by which byte-level tokenizers split a text, as state machines over UTF-8.

Pieces are what the pattern matches, one after the other; every character is in one. A piece begins at `i` of
data[:end], which is the end of the text too. Classes are those of `classes.py`; no class test passes DOUBT, so that a
piece never runs over it.

GPT2: `'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+` (Radford et al. 2019).
CL100K: contractions in any case, any one sign before letters, up to `digits` numbers, line ends with signs and blanks:
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|
    \\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`; Llama 3 has it, Qwen 2 with one digit.
O200K: the same, but words are capitals, then small letters, with their contraction, and signs take slashes along.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from curation_lib.text.blocks import letters_end
from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import decode
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.tokenizers.classes import DOUBT, LETTER, LOWER, MARK, NUMBER, OTHER, SPACE, UPPER, Classes

GPT2, CL100K, O200K = range(3)
_NEWLINE, _RETURN, _BLANK, _APOSTROPHE, _SLASH = (ord(c) for c in "\n\r '/")
_D, _E, _L, _M, _R, _S, _T, _V = (ord(c) for c in "delmrstv")
_SMALL = 0x20


class Split(NamedTuple):
    """A pattern. digits: the most numbers of one piece. whole_end: white space at the end of a text is one piece, line
    ends in it or not (tiktoken's `\\s++$`)."""

    family: int
    digits: int = 0
    whole_end: bool = False


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
def piece_end(data: Bytes, i: int, end: int, classes: Classes, split: Split) -> int:
    """Where the piece at `i` < end ends; `i` itself where a DOUBT stands there."""
    if split.family == GPT2:
        return gpt2_end(data, i, end, classes)
    return later_end(data, i, end, classes, split)


@inlined
def gpt2_end(data: Bytes, i: int, end: int, classes: Classes) -> int:
    if data[i] == _APOSTROPHE:
        stop = contraction_end(data, i, end, 0)
        if stop > i:
            return stop
    j = i + 1 if data[i] == _BLANK else i
    kind, width = class_at(data, j, end, classes)
    if width and kind != SPACE:
        if is_letter(kind):
            return letter_run(data, j + width, end, classes)
        if kind == NUMBER:
            return number_run(data, j + width, end, classes, end)
        return sign_run(data, j + width, end, classes) if is_sign(kind) else i
    return space_end(data, i, end, classes, False)


@inlined
def later_end(data: Bytes, i: int, end: int, classes: Classes, split: Split) -> int:
    """CL100K and O200K, which differ in words and behind signs."""
    first = data[i]
    if first == _APOSTROPHE and split.family == CL100K:
        stop = contraction_end(data, i, end, _SMALL)
        if stop > i:
            return stop
    kind, width = class_at(data, i, end, classes)
    if kind == DOUBT:
        return i
    if kind == NUMBER:
        return number_run(data, i + width, end, classes, split.digits - 1)
    if split.family == O200K:
        stop = word_end(data, i, end, classes, kind, width)
        if stop > i:
            return stop
    elif is_letter(kind):
        return letter_run(data, i + width, end, classes)
    elif first not in (_NEWLINE, _RETURN):
        after, more = class_at(data, i + width, end, classes)
        if is_letter(after):
            return letter_run(data, i + width + more, end, classes)
    j = i
    if first == _BLANK:
        j += 1
        kind, width = class_at(data, j, end, classes)
    if width and is_sign(kind):
        j = sign_run(data, j + width, end, classes)
        while j < end and (data[j] in (_NEWLINE, _RETURN) or (split.family == O200K and data[j] == _SLASH)):
            j += 1
        return j
    return space_end(data, i, end, classes, True, split.whole_end)


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
        if data[last] in (_NEWLINE, _RETURN):
            line = stop
        kind, width = class_at(data, stop, end, classes)
    if whole_end and stop == end:
        return stop
    if lines and line > i:
        return line
    return stop if stop == end or last == i else last


@kernel
def word_end(data: Bytes, i: int, end: int, classes: Classes, kind: int, width: int) -> int:
    """O200K's words: one sign or blank, capitals (letters without case and marks count as both), small letters, a
    contraction; `i` where there is none. kind, width: of the character at `i`, which is no number."""
    start = i
    if not is_letter(kind) and data[i] not in (_NEWLINE, _RETURN):
        start += width
    stop, found = capitals_then_small(data, start, end, classes)
    if not found and start > i and kind == MARK:  # the sign in front may be the word itself
        stop, found = capitals_then_small(data, i, end, classes)
    if stop == start and not found:
        return i
    if stop < end and data[stop] == _APOSTROPHE:
        return contraction_end(data, stop, end, _SMALL)
    return stop


@kernel
def capitals_then_small(data: Bytes, i: int, end: int, classes: Classes) -> tuple[int, bool]:
    """Where `[capitals]*[small]+` ends and True; where there are capitals only, their end and False."""
    both = -1  # the end of the last character that may be either
    kind, width = class_at(data, i, end, classes)
    while width and kind in (UPPER, LETTER, MARK):
        i += width
        if kind != UPPER:
            both = i
        kind, width = class_at(data, i, end, classes)
    if not width or kind != LOWER:
        return (i, False) if both < 0 else (both, True)
    while width and kind in (LOWER, LETTER, MARK):
        i += width
        kind, width = class_at(data, i, end, classes)
        if kind == LOWER and i < end and data[i] < 0x80:
            i = small_end(data, i, end)
            kind, width = class_at(data, i, end, classes)
    return i, True


@inlined
def small_end(data: Bytes, i: int, end: int) -> int:
    while i < end and 97 <= data[i] <= 122:
        i += 1
    return i
