"""Which scripts a text's letters are of, by the names that Unicode gives them (this Python's `unicodedata`).

Letters are characters of category L. Those that no script owns (modifier letters, the ordinal indicators, letters
of mathematics, the sound mark that kana share) count nowhere; those of scripts that are not named here are `OTHER`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.characters import decode

NAMES = {
    "Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Armn": "ARMENIAN", "Cher": "CHEROKEE", "Copt": "COPTIC",
    "Geor": "GEORGIAN", "Arab": "ARABIC", "Hebr": "HEBREW", "Syrc": "SYRIAC", "Thaa": "THAANA", "Nkoo": "NKO",
    "Deva": "DEVANAGARI", "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI", "Orya": "ORIYA",
    "Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA", "Mlym": "MALAYALAM", "Sinh": "SINHALA", "Thai": "THAI",
    "Laoo": "LAO", "Tibt": "TIBETAN", "Mymr": "MYANMAR", "Khmr": "KHMER", "Ethi": "ETHIOPIC", "Mong": "MONGOLIAN",
    "Hani": "CJK", "Hira": "HIRAGANA", "Kana": "KATAKANA", "Bopo": "BOPOMOFO", "Hang": "HANGUL",
    "Tfng": "TIFINAGH", "Olck": "OL CHIKI", "Mtei": "MEETEI MAYEK", "Cans": "CANADIAN SYLLABICS", "Yiii": "YI",
}  # fmt: skip
"""ISO 15924 code -> how the names of its letters begin."""
SCRIPTS = tuple(NAMES)
NO_LETTER, MARK, UNOWNED, OTHER, FIRST = 0, 1, 2, 3, 4
"""Entries of the table; script n of SCRIPTS is FIRST + n."""
ALIKE = ("Latn", "Cyrl", "Grek", "Armn", "Cher", "Copt")
"""Scripts that lend each other letters of the same shape."""
_WIDE = ("FULLWIDTH ", "HALFWIDTH ")
_HAN = ("CJK", "IDEOGRAPHIC ITERATION MARK", "VERTICAL IDEOGRAPHIC")
_OWNED = {
    "TURNED ": "LATIN ", "KELVIN SIGN": "LATIN ", "ANGSTROM SIGN": "LATIN ", "ROMAN NUMERAL": "LATIN ",
    "OHM SIGN": "GREEK ", "HENTAIGANA": "HIRAGANA",
}  # fmt: skip
"""Letters whose names do not begin with their script."""
_UNOWNED = (
    "MODIFIER LETTER", "MATHEMATICAL", "DOUBLE-STRUCK", "BLACK-LETTER", "SCRIPT ", "FEMININE ORDINAL",
    "MASCULINE ORDINAL", "MICRO SIGN", "KATAKANA-HIRAGANA", "ARABIC TATWEEL", "ARABIC MATHEMATICAL", "EULER CONSTANT",
    "PLANCK CONSTANT", "ALEF SYMBOL", "BET SYMBOL", "GIMEL SYMBOL", "DALET SYMBOL", "INFORMATION SOURCE",
    "VERTICAL KANA REPEAT MARK", "MASU MARK",
)  # fmt: skip


@cache
def script_table() -> npt.NDArray[np.uint8]:
    """uint8[0x110000]: what each code point is. 1.1 MB, made once a process in about 0.3 s."""
    table = np.zeros(0x110000, np.uint8)
    for code in (*range(0x33480), *range(0xE0000, 0xE0FFF)):  # the rest is private or empty
        category = unicodedata.category(chr(code))
        if category[0] == "M":
            table[code] = MARK
        elif category[0] == "L":
            table[code] = _script(unicodedata.name(chr(code), ""))
    table.flags.writeable = False
    return table


def _script(name: str) -> int:
    for wide in _WIDE:
        name = name.removeprefix(wide)
    for odd, script in _OWNED.items():
        name = name.replace(odd, script) if name.startswith(odd) else name
    if name.startswith(_UNOWNED):
        return UNOWNED
    if name.startswith(_HAN):
        return FIRST + SCRIPTS.index("Hani")
    return next((FIRST + n for n, own in enumerate(NAMES.values()) if name.startswith(f"{own} ")), OTHER)


def script_letters(column: Column) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """`(letters, words, mixed)` of each text: letters by script, int64 of shape (rows, 1 + len(SCRIPTS)) with OTHER
    first; words, which are runs of letters and marks that begin with a letter; those of them that mix ALIKE scripts.
    """
    data, offsets = arrow_buffers(column)
    rows = len(offsets) - 1
    letters = np.zeros((rows, 1 + len(SCRIPTS)), np.int64)
    words, mixed = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    alike = np.zeros(FIRST + len(SCRIPTS), np.int64)
    alike[[FIRST + SCRIPTS.index(script) for script in ALIKE]] = 1 << np.arange(len(ALIKE))
    _count(data, offsets, script_table(), alike, letters, words, mixed)
    return letters, words, mixed


@njit(nogil=True, cache=True)
def _count(data: Bytes, offsets: Offsets, table: Any, alike: Any, letters: Any, words: Any, mixed: Any) -> None:
    for row in range(len(offsets) - 1):
        i, end, met, inside = offsets[row], offsets[row + 1], 0, False
        while i < end:
            code, width = decode(data, i, end)
            kind = table[code]
            i += width
            if kind > MARK:
                words[row] += not inside
                inside = True
                met |= alike[kind]
                if kind >= OTHER:
                    letters[row, kind - OTHER] += 1
            elif kind == NO_LETTER:
                mixed[row] += met & (met - 1) != 0
                met, inside = 0, False
        mixed[row] += met & (met - 1) != 0
