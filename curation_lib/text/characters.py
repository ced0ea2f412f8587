"""What each Unicode code point is to the filters, as one table, and small steps for kernels over UTF-8."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from curation_lib.text.buffers import Bytes
from curation_lib.text.codepoints import USED, word_table
from curation_lib.text.kernels import inlined, kernel

Table = npt.NDArray[np.uint16]

KIND = 7
"""Mask of the kind: where a character stands in words (see `text.filter_words`)."""
SPACE, JOINED, ALONE, MARK, SIGN = 0, 1, 2, 3, 4
ALPHABETIC = 1 << 3  # str.isalpha
DIGIT = 1 << 4  # decimal digit, category Nd
SYMBOL = 1 << 5  # in SYMBOLS or TERMINALS: a word of nothing else is a symbol, not a word
TERMINAL = 1 << 6  # in TERMINALS
BREAK = 1 << 7  # ends a line for str.splitlines
PUNCTUATION = 1 << 8  # category P
AFFIX = 1 << 9  # in AFFIXES, or a symbol: a word by itself at either end of a chunk (see text.affixes)
QUOTE = 1 << 10  # in QUOTES
ICON = 1 << 11  # category So, but not the degree sign
SENTENCE_END = 1 << 12  # in TERMINALS, not in NO_SENTENCE_ENDS
LOWER = 1 << 13  # letters that are no capitals
UPPER = 1 << 14  # letters that are
CURRENCY = 1 << 15  # category Sc

SYMBOLS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«´»–—’“”„…∶━►、。〈〉《》「」【】！％（），．１：；？～"
"""Punctuation of CCNet (Wenzek et al. 2019), which datatrove took over with most control characters."""

QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
AFFIXES = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
"""Signs that spaCy takes from both ends of a chunk, QUOTES too."""

TERMINALS = (
    (0x21, 0x21), (0x2E, 0x2E), (0x3F, 0x3F), (0x589, 0x589), (0x61D, 0x61F), (0x6D4, 0x6D4), (0x700,
    0x702), (0x7F9, 0x7F9), (0x837, 0x837), (0x839, 0x839), (0x83D, 0x83E), (0x964, 0x965), (0x104A,
    0x104B), (0x1362, 0x1362), (0x1367, 0x1368), (0x166E, 0x166E), (0x1735, 0x1736), (0x17D4, 0x17D6),
    (0x17D9, 0x17DA), (0x1803, 0x1803), (0x1809, 0x1809), (0x1944, 0x1945), (0x1AA8, 0x1AAB), (0x1B5A,
    0x1B5B), (0x1B5E, 0x1B5F), (0x1B7D, 0x1B7E), (0x1C3B, 0x1C3C), (0x1C7E, 0x1C7F), (0x203C, 0x203D),
    (0x2047, 0x2049), (0x2E2E, 0x2E2E), (0x2E3C, 0x2E3C), (0x2E53, 0x2E54), (0x3002, 0x3002), (0xA4FF,
    0xA4FF), (0xA60E, 0xA60F), (0xA6F3, 0xA6F3), (0xA6F7, 0xA6F7), (0xA876, 0xA877), (0xA8CE, 0xA8CF),
    (0xA92F, 0xA92F), (0xA9C8, 0xA9C9), (0xAA5D, 0xAA5F), (0xAAF0, 0xAAF1), (0xABEB, 0xABEB), (0xFE52,
    0xFE52), (0xFE56, 0xFE57), (0xFF01, 0xFF01), (0xFF0E, 0xFF0E), (0xFF1F, 0xFF1F), (0xFF61, 0xFF61),
    (0x10A56, 0x10A57), (0x10F55, 0x10F59), (0x10F86, 0x10F89), (0x11047, 0x11048), (0x110BE, 0x110C1),
    (0x11141, 0x11143), (0x111C5, 0x111C6), (0x111CD, 0x111CD), (0x111DE, 0x111DF), (0x11238, 0x11239),
    (0x1123B, 0x1123C), (0x112A9, 0x112A9), (0x1144B, 0x1144C), (0x115C2, 0x115C3), (0x115C9, 0x115D7),
    (0x11641, 0x11642), (0x1173C, 0x1173E), (0x11944, 0x11944), (0x11946, 0x11946), (0x11A42, 0x11A43),
    (0x11A9B, 0x11A9C), (0x11C41, 0x11C42), (0x11EF7, 0x11EF8), (0x11F43, 0x11F44), (0x16A6E, 0x16A6F),
    (0x16AF5, 0x16AF5), (0x16B37, 0x16B38), (0x16B44, 0x16B44), (0x16E98, 0x16E98), (0x1BC9F, 0x1BC9F),
    (0x1DA88, 0x1DA88),
)  # fmt: skip
"""Code points with Unicode 15.1's property Sentence_Terminal, first and last of each range."""

NO_SENTENCE_ENDS = (
    (0x61D, 0x61E), (0x837, 0x837), (0x839, 0x839), (0x83D, 0x83E), (0x17D4, 0x17D6), (0x17D9, 0x17DA), (0x1B7D,
    0x1B7E), (0x2E53, 0x2E54), (0x10F55, 0x10F59), (0x10F86, 0x10F89), (0x11944, 0x11944), (0x11946, 0x11946),
    (0x11EF7, 0x11EF8), (0x11F43, 0x11F44), (0x16E98, 0x16E98),
)  # fmt: skip
"""Those of TERMINALS at which spaCy's sentencizer ends no sentence: they are newer, or Khmer."""

BREAKS = (0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)
_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_NO_CHARACTER = 0xFFFD


@cache
def character_table() -> Table:
    """uint16[0x110000]: kind and flags of every code point. 2.2 MB, made once a process in about 0.1 s."""
    table = np.full(0x110000, SIGN, np.uint16)
    for first, last in USED:
        table[first : last + 1] = _entries(range(first, last + 1))
    for first, last in TERMINALS:
        table[first : last + 1] |= TERMINAL | SYMBOL | SENTENCE_END
    for first, last in NO_SENTENCE_ENDS:
        table[first : last + 1] &= ~SENTENCE_END & 0xFFFF
    table[list(BREAKS)] |= BREAK
    table[[ord(c) for c in AFFIXES + QUOTES]] |= AFFIX
    table[[ord(c) for c in QUOTES]] |= QUOTE
    table[[*_CONTROLS, *map(ord, SYMBOLS)]] |= SYMBOL
    table.flags.writeable = False
    return table


def _entries(codes: range) -> Table:
    """What `unicodedata` and `str` say of the code points."""
    chars = [chr(c) for c in codes]
    numbers = np.arange(codes.start, codes.stop)
    categories = np.frombuffer("".join(map(unicodedata.category, chars)).encode(), "S2")
    table = _kinds(categories, numbers)
    letters = np.char.startswith(categories, b"L")
    vowel_signs = (numbers >= 0x591) & (numbers < 0xE00) & np.char.startswith(categories, b"M")
    table[letters] |= ALPHABETIC
    table[np.char.startswith(categories, b"P")] |= PUNCTUATION
    table[categories == b"Nd"] |= DIGIT
    table[(categories == b"So") & (numbers != ord("°"))] |= AFFIX | ICON
    table[categories == b"Sc"] |= CURRENCY
    table[letters & ~_holds(str.isupper, chars) | vowel_signs] |= LOWER
    table[letters & ~_holds(str.islower, chars)] |= UPPER
    table[_holds(str.isspace, chars)] &= ~KIND & 0xFFFF
    return table


def _holds(test: Callable[[str], bool], chars: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.fromiter(map(test, chars), np.bool_, len(chars))


def _kinds(categories: npt.NDArray[np.bytes_], codes: npt.NDArray[np.int64]) -> Table:
    """Letters, numbers and marks are what they are to the shingles' words; the rest is a sign."""
    kinds = (word_table()[codes[0] : codes[-1] + 1] & 3).astype(np.uint16)
    kinds[kinds == SPACE] = SIGN
    kinds[categories == b"Cf"] = MARK  # joiners, soft hyphens
    kinds[codes == ord("_")] = JOINED
    return kinds


@inlined
def decode(data: Bytes, i: int, end: int) -> tuple[int, int]:
    """`(code point, bytes)` of the character at `i`; U+FFFD and 1 where the bytes are not UTF-8."""
    first: Any = np.int64(data[i])
    if first < 0x80:
        return first, 1
    width = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if first < 0xC2 or first > 0xF4 or i + width > end:
        return _NO_CHARACTER, 1
    code: Any = first & (0x7F >> width)
    for n in range(1, width):
        code = (code << 6) | (np.int64(data[i + n]) & 0x3F)
    return (code if code < 0x110000 else _NO_CHARACTER), width


@kernel
def encode(out: Bytes, m: int, code: Any) -> int:
    """Write the code point as UTF-8 at `m`; where it ends."""
    if code < 0x80:
        out[m] = code
        return m + 1
    if code < 0x800:
        out[m], out[m + 1] = 0xC0 | code >> 6, 0x80 | code & 0x3F
        return m + 2
    if code < 0x10000:
        out[m], out[m + 1], out[m + 2] = 0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
        return m + 3
    out[m], out[m + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F
    out[m + 2], out[m + 3] = 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F
    return m + 4


@kernel
def last_start(data: Bytes, start: int, end: int) -> int:
    """Where the last character of the non-empty [start, end) begins."""
    i = end - 1
    while i > start and data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@kernel
def skip_space(data: Bytes, start: int, end: int, table: Table) -> int:
    """Where the first character of [start, end) that is no white space begins; `end` if there is none."""
    i = start
    while i < end:
        code, width = decode(data, i, end)
        if table[code] & KIND != SPACE:
            return i
        i += width
    return end


@kernel
def strip_space(data: Bytes, start: int, end: int, table: Table) -> int:
    """The end of [start, end) without the white space at its end."""
    while end > start:
        i = last_start(data, start, end)
        code, _ = decode(data, i, end)
        if table[code] & KIND != SPACE:
            return end
        end = i
    return start


@kernel
def holds(data: Bytes, i: int, end: int, phrase: Bytes) -> bool:
    """Whether the lower-case ASCII `phrase` stands at `i`, in any case."""
    if i < 0 or i + phrase.shape[0] > end:
        return False
    for n in range(phrase.shape[0]):
        c = data[i + n]
        if 65 <= c <= 90:
            c += np.uint8(32)
        if c != phrase[n]:
            return False
    return True


def phrase_bytes(phrase: str) -> Bytes:
    """`phrase` as `holds` takes it."""
    return np.frombuffer(phrase.encode(), np.uint8)
