"""Where a piece ends: the patterns by which byte-level tokenizers split a text, as state machines over UTF-8.

Pieces are what the pattern matches, one after the other; every character is in one. A piece begins at `i` of
data[:end], which is the end of the text too. Classes are those of `classes.py`; no class test passes DOUBT, so that a
piece never runs over it.

GPT2: `'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+` (Radford et al. 2019);
    with `digits`, after every number was set apart, as StarCoder 2's and SmolLM's do.
CL100K: contractions in any case, any one sign before letters, up to `digits` numbers, line ends with signs and blanks:
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|
    \\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`; Llama 3 has it, Qwen 2 with one digit.
O200K: the same, but words are capitals, then small letters, with their contraction, and signs take slashes along.
"""

from __future__ import annotations

from typing import NamedTuple

from curation_lib.text.buffers import Bytes
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.tokenizers.classes import DOUBT, NUMBER, SPACE, Classes
from curation_lib.text.tokenizers.runs import (
    ANY_CASE,
    APOSTROPHE,
    BLANK,
    NEWLINE,
    RETURN,
    SLASH,
    class_at,
    contraction_end,
    is_letter,
    is_sign,
    letter_run,
    number_run,
    sign_run,
    space_end,
)
from curation_lib.text.tokenizers.words import word_end

GPT2, CL100K, O200K = range(3)


class Split(NamedTuple):
    """A pattern. digits: the most numbers of one piece, 0 for any number of them. whole_end: white space at the end of
    a text is one piece, line ends in it or not (tiktoken's `\\s++$`)."""

    family: int
    digits: int = 0
    whole_end: bool = False


@kernel
def piece_end(data: Bytes, i: int, end: int, classes: Classes, split: Split) -> int:
    """Where the piece at `i` < end ends; `i` itself where a DOUBT stands there."""
    if split.family == GPT2:
        return gpt2_end(data, i, end, classes, split.digits > 0)
    return later_end(data, i, end, classes, split)


@inlined
def gpt2_end(data: Bytes, i: int, end: int, classes: Classes, apart: bool) -> int:
    """apart: a number is a piece, and a text ends before it."""
    if data[i] == APOSTROPHE:
        stop = contraction_end(data, i, end, 0)
        if stop > i:
            return stop
    j = i + 1 if data[i] == BLANK else i
    kind, width = class_at(data, j, end, classes)
    if width and kind != SPACE:
        if is_letter(kind):
            return letter_run(data, j + width, end, classes)
        if kind == NUMBER:
            if apart:
                return j if j > i else j + width
            return number_run(data, j + width, end, classes, end)
        return sign_run(data, j + width, end, classes) if is_sign(kind) else i
    stop = space_end(data, i, end, classes, False)
    if apart and stop < end:
        last, width = class_at(data, stop, end, classes)
        if last == SPACE and class_at(data, stop + width, end, classes)[0] == NUMBER:
            return stop + width
    return stop


@inlined
def later_end(data: Bytes, i: int, end: int, classes: Classes, split: Split) -> int:
    """CL100K and O200K, which differ in words and behind signs."""
    first = data[i]
    if first == APOSTROPHE and split.family == CL100K:
        stop = contraction_end(data, i, end, ANY_CASE)
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
    elif first not in (NEWLINE, RETURN):
        after, more = class_at(data, i + width, end, classes)
        if is_letter(after):
            return letter_run(data, i + width + more, end, classes)
    j = i
    if first == BLANK:
        j += 1
        kind, width = class_at(data, j, end, classes)
    if width and is_sign(kind):
        j = sign_run(data, j + width, end, classes)
        while j < end and (data[j] in (NEWLINE, RETURN) or (split.family == O200K and data[j] == SLASH)):
            j += 1
        return j
    return space_end(data, i, end, classes, True, split.whole_end)
