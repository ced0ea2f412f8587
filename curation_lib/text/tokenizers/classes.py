"""What each code point is to a tokenizer's pattern, as its own regular-expression engine says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from curation_lib.text.codepoints import USED

Classes: TypeAlias = npt.NDArray[np.uint8]
"""uint8[0x110000]."""
OTHER, SPACE, NUMBER, MARK, LETTER, UPPER, LOWER, DOUBT = range(8)
"""Letters are LETTER (neither case, or modifiers), UPPER (title case too) and LOWER; MARK is OTHER to patterns that
know no marks. A text with a code point of DOUBT goes to the library whole."""

PATTERNS = {
    SPACE: r"\s",
    NUMBER: r"\p{N}",
    MARK: r"\p{M}",
    LETTER: r"[\p{Lm}\p{Lo}]",
    UPPER: r"[\p{Lu}\p{Lt}]",
    LOWER: r"\p{Ll}",
}
LONG_S = 0x17F
"""ſ, which `(?i:'s)` takes for an s."""

_JAMO = (0x1161, 0x11C3)
"""Vowels and last consonants, which join to the first consonant by rule, not by table."""
Matches = Callable[[str, str], str]
"""matches(pattern of one character, text) -> the characters of the text that match, in order."""


def class_table(matches: Matches) -> Classes:
    """The class of every code point. 1.1 MB, made in 0.2 to 0.6 s: engines know newer characters than Python does."""
    text = every_character()
    table = np.full(0x110000, OTHER, np.uint8)
    for kind, pattern in PATTERNS.items():
        table[np.frombuffer(matches(pattern, text).encode("utf-32-le"), "<u4")] = kind
    return table


def every_character() -> str:
    """All that may be assigned, in order."""
    codes = np.concatenate([np.arange(first, last + 1, dtype="<u4") for first, last in USED])
    return codes[(codes < 0xD800) | (codes > 0xDFFF)].tobytes().decode("utf-32-le")


def composing() -> npt.NDArray[np.bool_]:
    """bool[0x110000]: code points that NFC may change or join to what stands before them, or that this Python does not
    know. A text without them is its own NFC."""
    codes = [c for first, last in USED for c in range(first, last + 1)]
    found = np.zeros(0x110000, np.bool_)
    found[[c for c in codes if _may_change(chr(c))]] = True
    pairs = [unicodedata.decomposition(chr(c)).split() for c in codes]
    found[[int(pair[1], 16) for pair in pairs if len(pair) == 2 and pair[0][0] != "<"]] = True
    found[_JAMO[0] : _JAMO[1]] = True
    return found


def _may_change(character: str) -> bool:
    unknown = unicodedata.category(character) == "Cn"
    return unknown or unicodedata.combining(character) > 0 or not unicodedata.is_normalized("NFC", character)
