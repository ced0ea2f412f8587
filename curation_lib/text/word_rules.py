"""Rules by which the fast splitter comes near spaCy's words: per language, what splits a chunk and what does not."""

from __future__ import annotations

HYPHENS = 1 << 0  # between letters are words
AFTER_DIGITS = 1 << 1  # hyphens are too behind a digit
BEFORE_CAPITALS = 1 << 2  # and before a capital
ALL_HYPHENS = 1 << 3  # everywhere but at the start
ARITHMETIC = 1 << 4  # + - * ^ between digits
SLASHES = 1 << 5  # / between letters, or behind a digit
DIGIT_COLONS = 1 << 6  # : < > = between a digit and a letter, as between letters
CLOSE = 1 << 7  # ! ? quotes and brackets between letters
ELISION = 1 << 8  # ends a word behind the apostrophe
POSSESSIVE = 1 << 9  # 's at the end is a word
DASHES = 1 << 10  # at the end are words
PERCENT = 1 << 11  # % behind a digit is a unit
ALL_STOPS = 1 << 12  # a full stop at the end always is a word
DIGIT_STOPS = 1 << 13  # one behind a digit is
QUOTE_STOPS = 1 << 14  # one between quotes and capitals splits
COMPOUNDS = 1 << 15  # joined by hyphens are one word
FRENCH = 1 << 16  # d' l' n' before, -ce -il -t behind
END_SLASH = 1 << 17  # a slash at the end is a word
UNSPACED = 1 << 18  # letters of scripts without spaces are words
NUMBER = 19  # bits from here on: which list of exceptions

_USUAL = ARITHMETIC | SLASHES | DIGIT_COLONS | POSSESSIVE | DASHES | PERCENT | DIGIT_STOPS | QUOTE_STOPS
_BASE = _USUAL | HYPHENS | BEFORE_CAPITALS
STYLES = {
    "": _BASE,
    "en": _BASE | AFTER_DIGITS,
    "de": CLOSE | SLASHES | PERCENT | END_SLASH,
    "nl": CLOSE | DASHES | DIGIT_STOPS,
    "fr": (_BASE | ELISION | FRENCH) & ~(POSSESSIVE | DASHES),
    "es": _USUAL & ~(POSSESSIVE | PERCENT),
    "it": (_USUAL | HYPHENS | ELISION),
    "pt": _BASE | COMPOUNDS,
    "ru": _BASE,
    "pl": CLOSE | SLASHES | ALL_HYPHENS | ALL_STOPS | DIGIT_STOPS | PERCENT,
}
_UNSPACED = ("zh", "ja", "th", "lo", "km", "my", "yue", "wuu", "bo", "dz")
_NUMBERS = {code: number for number, code in enumerate(STYLES)}


def code_of(language: str | None) -> str:
    """Whose rules this language has: its own, the usual ones (""), or English where it is undetermined."""
    if language is None:
        return "en"
    return language if language in STYLES else ""


def style_of(language: str | None) -> int:
    """How text of this language splits, as bits; null is English, and letters of scripts without spaces apart."""
    code = code_of(language)
    style = STYLES[code] | _NUMBERS[code] << NUMBER
    return style | (UNSPACED if language is None or language in _UNSPACED else 0)
