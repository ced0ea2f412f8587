"""A text as n-gram models of running text read it: lower case, digits as 0, signs as words of their own.

Tokens are separated by one blank, lines by one newline; what has no token has no line. Letters, numbers, marks and `_`
join to words; in scripts without spaces (`codepoints.UNSPACED`) each letter, with the marks after it, is a word. Every
other visible character is a token. Quotes, dashes and wide punctuation become their ASCII relatives, after CCNet
(Wenzek et al. 2020, section 4); control and format characters go.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.characters import decode, encode
from curation_lib.text.codepoints import ALONE, word_table
from curation_lib.text.kernels import kernel

GONE, SPACE, LINE, JOINED, LETTER, MARK, SIGN = range(7)
"""Kinds: leaves nothing; ends a word; ends a line; letter of a word; a word with its marks; a mark; a token."""
_BITS = 3
RELATIVES = {
    '"': "„“”«»‟〝〞「」『』《》", "'": "’‘‚‛´`′‹›", "-": "‐‑‒–—―−━►", "~": "～〜", ".": "。．｡", ",": "，、､",
    ":": "：∶", ";": "；", "?": "？", "!": "！", "(": "（", ")": "）", "<": "〈", ">": "〉", "[": "【", "]": "】",
    "%": "％",
}  # fmt: skip
"""What is written for what."""
LINES = "\n\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029"

Table = npt.NDArray[np.uint32]


@cache
def folding_table() -> Table:
    """uint32[0x110000]: `code point << 3 | kind`, per this Python's `unicodedata`. 4.5 MB."""
    words, codes = word_table(), np.arange(0x110000, dtype=np.uint32)
    categories = np.frombuffer("".join([unicodedata.category(chr(c)) for c in range(0x110000)]).encode(), "S2")
    kinds = np.select([words & 3 == 0, words & 3 == ALONE, words & 3 == 3], [SIGN, LETTER, MARK], JOINED)
    kinds[np.isin(categories, [b"Cc", b"Cf", b"Cs", b"Cn", b"Co"])] = GONE
    kinds[[c for c in range(0x3001) if chr(c).isspace()]] = SPACE
    kinds[[ord(c) for c in LINES]] = LINE
    kinds[ord("_")] = JOINED
    folded = np.where(words & 3, words >> 2, codes)
    folded[categories == b"Nd"] = ord("0")
    for relative, signs in RELATIVES.items():
        folded[[ord(c) for c in signs]] = ord(relative)
    table: Table = (folded << _BITS | kinds).astype(np.uint32)
    table.flags.writeable = False
    return table


def folded_text(column: Column) -> tuple[Bytes, Offsets]:
    """`(data, offsets)` of each row's folded text; up to twice the bytes of the texts."""
    data, offsets = arrow_buffers(column)
    out: tuple[Bytes, Offsets] = _folded(data, offsets, folding_table())
    return out


@njit(nogil=True, cache=True)
def _folded(data: Bytes, offsets: Offsets, table: Table) -> tuple[Bytes, Offsets]:
    rows = offsets.shape[0] - 1
    out = np.empty(2 * (offsets[rows] - offsets[0]) + 8, np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        m = _fold_row(data, offsets[row], offsets[row + 1], table, out, m)
        ends[row + 1] = m
    return out[:m], ends


@kernel
def _fold_row(data: Bytes, i: int, end: int, table: Table, out: Bytes, m: int) -> int:
    start, line, last = m, False, SPACE  # a line is due before the next token; kind of what was written last
    while i < end:
        code: Any = np.int64(data[i])
        width = 1
        if code >= 0x80:
            code, width = decode(data, i, end)
        entry: Any = table[code]
        kind = entry & np.uint32(7)
        i += width
        if kind == JOINED and last == JOINED:  # the hot path
            if entry < 0x400:
                out[m] = entry >> _BITS
                m += 1
            else:
                m = encode(out, m, entry >> _BITS)
            continue
        if kind == GONE:
            continue
        if kind in (SPACE, LINE):
            line, last = line or kind == LINE, SPACE
            continue
        if m > start and (not (kind == MARK and last in (JOINED, LETTER))):
            out[m] = 10 if line else 32
            m += 1
        m = encode(out, m, entry >> _BITS)
        line = False
        if kind != MARK or last not in (JOINED, LETTER):
            last = JOINED if kind == MARK else kind
    return m
