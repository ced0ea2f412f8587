"""Tokens that facts are made of. Kinds: NUMBER has a value and perhaps units; NAME is what looks like a name wherever
it stands (code, acronym, address, capitals within); CAPITAL is a word with a capital letter; WORD is the rest.
"""

from __future__ import annotations

from typing import NamedTuple

WORD, NAME, CAPITAL, NUMBER = "word", "name", "capital", "number"
ENGLISH, NAMES, NOUNS = "english", "names", "nouns"
"""What a capital letter says in a text's language. ENGLISH: a word with one is a name, at the head of a sentence where
it is no common word; number words are known, too. NAMES: within a sentence it is a name. NOUNS: nothing."""
_NOUNS = frozenset("de lb bar nds gsw als ksh pfl frr".split())


def capitals_of(language: str | None) -> str:
    """ENGLISH, NAMES or NOUNS; a text without a language is taken for English."""
    code = (language or "en").partition("-")[0]
    return NOUNS if code in _NOUNS else ENGLISH if code in ("en", "unknown") else NAMES


class Token(NamedTuple):
    """key: what tokens are compared by; stem: the same as context; units: of a number, those it may have.

    start, stop: characters of the text. vague: a number that says none by itself (`first`). initial: it begins a
    sentence, a cell, a quotation or what a colon announces, where a capital letter says nothing.
    """

    start: int
    stop: int
    kind: str
    key: str
    stem: str
    units: frozenset[str] = frozenset()
    vague: bool = False
    initial: bool = False
