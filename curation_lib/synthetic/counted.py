"""Small counts of what an explanation shows: `these three lines`, `the two limits` below quoted code.

The source need not say such a number, since it can be counted in the code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from curation_lib.text.facts import NUMBER, WORD, Token
from curation_lib.text.units import unit_of

COUNTS = frozenset({"two", "three", "four", "five"})
"""What a reader counts at a glance; in figures it would be a value."""
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PLURAL = re.compile(r"[a-z]+[^\Wius_]s|[a-z]+ies")
_HOW_OFTEN = frozenset({"times", "tries", "retries", "attempts"})
"""How often code does something is what it says, and nothing to count in it."""


def shows_code(text: str) -> bool:
    """Whether the text quotes a block of code."""
    return _FENCED.search(text) is not None


def counts(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether the number `tokens[at]` is a small one in words, straight before the plural of things that have no
    unit."""
    number, noun = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
    if noun is None or noun.kind != WORD or number.kind != NUMBER or text[number.stop : noun.start] != " ":
        return False
    word = text[noun.start : noun.stop]
    plural = _PLURAL.fullmatch(word) is not None and unit_of(word) is None and word not in _HOW_OFTEN
    return plural and text[number.start : number.stop].lower() in COUNTS and not number.units
