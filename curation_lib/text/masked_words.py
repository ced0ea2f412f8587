"""The tokens that benchmarks are looked for by: the words of `text.words`, or its characters, with numbers masked.

A token has two hashes of its lower-cased code points: `exact`, and `masked`, for which each run of decimal digits
(category Nd) is one `0`, so that `GB2` and `gb17` agree. `folded` and `masked` give the token itself, so that no hash
needs be believed. As characters every letter, number and mark is a token, but a run of digits is one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import decode
from curation_lib.text.codepoints import ALONE, JOINED, SEPARATOR, word_table
from curation_lib.text.occurrences import spread

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a
_NO_DIGIT = np.uint64(0)
_ZERO = ord("0")
_SPACE = np.uint32(ord(" ") << 2)
_DIGITS = re.compile(r"\d+")


class Tokens(NamedTuple):
    """The tokens of row i are those in [offsets[i], offsets[i + 1]).

    starts, ends: int64, bytes within the row's text; masked, exact: hashes, with and without numbers masked.
    """

    starts: Offsets
    ends: Offsets
    masked: Hashes
    exact: Hashes
    offsets: Offsets


def masked_tokens(column: Column, characters: bool = False, joined: bool = False) -> Tokens:
    """Every token of every row: 32 bytes each.

    characters: of single characters instead of words. joined: signs other than white space do not end a word
    (`hip-hop` is one, as peers have it that strip punctuation first); such a token's bytes hold signs.
    Bytes that are not UTF-8 separate words.
    """
    data, offsets = arrow_buffers(column)
    return Tokens(*_masked_tokens(data, offsets, masked_table(), characters, joined))


def folded(token: str) -> str:
    """The token as compared: lower case, without what is no letter, number or mark."""
    return "".join([c.lower() for c in token if unicodedata.category(c)[0] in "LNM"])


def masked(token: str) -> str:
    """A folded token with each run of digits as one `0`."""
    return _DIGITS.sub("0", token)


@cache
def masked_table() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: `word_table` with every decimal digit as `0`, and white space told from other separators."""
    table = word_table().copy()
    codes = np.flatnonzero(table & 3 == JOINED)
    digits = [code for code in codes.tolist() if unicodedata.category(chr(code)) == "Nd"]
    table[digits] = _ZERO << 2 | JOINED
    table[[code for code in range(0x3001) if chr(code).isspace()]] = _SPACE
    table.flags.writeable = False
    return table


@njit(nogil=True, cache=True)
def number_hash() -> np.uint64:
    """The masked hash of every token of digits only."""
    return spread((_BASIS ^ np.uint64(_ZERO)) * _PRIME)


@njit(nogil=True, cache=True)
def next_token(
    data: Bytes, i: int, end: int, table: npt.NDArray[np.uint32], characters: bool, joined: bool
) -> tuple[int, int, np.uint64, np.uint64]:
    """`(start, stop, masked, exact)` of the first token at or after `i`; start is -1 where there is none."""
    h, number, digit, alone = _BASIS, _NO_DIGIT, False, False
    start, stop = -1, -1
    while i < end:
        code: Any = np.int64(data[i])
        width = 1
        if code >= 0x80:
            code, width = decode(data, i, end)
        entry = table[code]
        kind, lower = entry & 3, entry >> 2
        if kind == SEPARATOR:
            if start >= 0 and not (joined and entry == 0):
                break
            i += width
            continue
        if start < 0:
            start, alone = i, kind == ALONE
        elif characters:
            if not (digit and lower == _ZERO):
                break
        elif kind == ALONE or (alone and kind == JOINED):
            break
        if lower != _ZERO:
            h = (h ^ np.uint64(lower)) * _PRIME
        else:
            if not digit:
                h = (h ^ np.uint64(_ZERO)) * _PRIME
                number *= _PRIME  # where a run of digits begins
            number = (number + np.uint64(code)) * _PRIME
        digit = lower == _ZERO
        i += width
        stop = i
        if not (characters or alone):
            while i < end and data[i] < 0x80:  # the hot path
                entry = table[data[i]]
                if entry & 3 != JOINED or entry >> 2 == _ZERO:
                    break
                h = (h ^ np.uint64(entry >> 2)) * _PRIME
                digit = False
                i += 1
            stop = i
    return start, stop, spread(h), spread(h ^ number)


@njit(nogil=True, cache=True)
def _masked_tokens(
    data: Bytes, offsets: Offsets, table: npt.NDArray[np.uint32], characters: bool, joined: bool
) -> tuple[Offsets, Offsets, Hashes, Hashes, Offsets]:
    rows = offsets.shape[0] - 1
    size = offsets[rows] - offsets[0]
    most = size if characters else size // 2 + rows + 1  # a one-byte word is followed by a separator or by the end
    starts, ends = np.empty(most, np.int64), np.empty(most, np.int64)
    masks, exact, counts = np.empty(most, np.uint64), np.empty(most, np.uint64), np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        base, end = offsets[row], offsets[row + 1]
        start, stop, h, g = next_token(data, base, end, table, characters, joined)
        while start >= 0:
            starts[m], ends[m], masks[m], exact[m] = start - base, stop - base, h, g
            m += 1
            start, stop, h, g = next_token(data, stop, end, table, characters, joined)
        counts[row + 1] = m
    return starts[:m], ends[:m], masks[:m], exact[:m], counts
