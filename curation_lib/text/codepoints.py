"""What each Unicode code point is to a word, as one table that kernels read."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

SEPARATOR, JOINED, ALONE, MARK = 0, 1, 2, 3
"""Between words; joined to its neighbours (letters, numbers); a word by itself; joined to what it follows."""

UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),  # ideographic iteration mark, closing mark and zero
    (0x3021, 0x303C),  # Hangzhou numerals, vertical iteration marks
    (0x3041, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo extended
    (0x31F0, 0x31FF),  # Katakana phonetic extensions
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),  # Kana extensions and supplement
    (0x20000, 0x3FFFF),  # CJK extensions B and later
)
"""Ranges of the scripts that are written without spaces between words (Unicode block names)."""

USED = ((0, 0x3FFFF), (0xE0000, 0xE0FFF))
"""First and last code points that may be assigned: planes 4 to 13 are empty, 15 and 16 private."""


@cache
def word_table() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: `lower << 2 | kind` of every code point, per this Python's `unicodedata`.

    `lower` is the first code point of `chr(c).lower()`: U+0130 alone has a second one, U+0307. 4.5 MB,
    made once a process in about 0.03 s.
    """
    table = np.zeros(0x110000, np.uint32)
    for first, last in USED:
        codes = np.arange(first, last + 1, dtype="<u4")
        chars = codes.tobytes().decode("utf-32-le", "surrogatepass")
        kinds = _kinds("".join(map(unicodedata.category, chars)), codes)
        # Lowered in one piece: no sigma ends a word here, for U+03A3 is followed by a letter.
        lowered = chars.replace("\u0130", "i").lower().encode("utf-32-le", "surrogatepass")
        table[first : last + 1] = np.where(kinds == SEPARATOR, 0, np.frombuffer(lowered, "<u4") << 2 | kinds)
    table.flags.writeable = False
    return table


def _kinds(categories: str, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Kind of each code point from its two-letter category."""
    pair = np.frombuffer(categories.encode(), np.uint8).reshape(-1, 2)
    major, minor = pair[:, 0], pair[:, 1]
    kinds = np.select([(major == ord("L")) | (major == ord("N")), major == ord("M")], [JOINED, MARK], SEPARATOR)
    unspaced = np.zeros(len(codes), bool)
    for first, last in UNSPACED:
        unspaced |= (codes >= first) & (codes <= last)
    letter = (major == ord("L")) | ((major == ord("N")) & (minor == ord("l")))
    return np.where(letter & unspaced, ALONE, kinds).astype(np.uint32)
