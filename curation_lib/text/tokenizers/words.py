"""The words of O200K, which know capitals from small letters."""

from __future__ import annotations

from curation_lib.text.buffers import Bytes
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.tokenizers.classes import LETTER, LOWER, MARK, UPPER, Classes
from curation_lib.text.tokenizers.runs import (
    ANY_CASE,
    APOSTROPHE,
    NEWLINE,
    RETURN,
    class_at,
    contraction_end,
    is_letter,
)

_A, _Z = ord("a"), ord("z")


@kernel
def word_end(data: Bytes, i: int, end: int, classes: Classes, kind: int, width: int) -> int:
    """O200K's words: one sign or blank, capitals (letters without case and marks count as both), small letters, a
    contraction; `i` where there is none. kind, width: of the character at `i`, which is no number."""
    start = i
    if not is_letter(kind) and data[i] not in (NEWLINE, RETURN):
        start += width
    stop, found = capitals_then_small(data, start, end, classes)
    if not found and start > i and kind == MARK:  # the sign in front may be the word itself
        stop, found = capitals_then_small(data, i, end, classes)
    if stop == start and not found:
        return i
    if stop < end and data[stop] == APOSTROPHE:
        return contraction_end(data, stop, end, ANY_CASE)
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
    while i < end and _A <= data[i] <= _Z:
        i += 1
    return i
