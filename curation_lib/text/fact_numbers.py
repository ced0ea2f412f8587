"""Numbers among tokens: those written as words, scale words, units behind them."""

from __future__ import annotations

import re

from curation_lib.text.facts import CAPITAL, NAME, NUMBER, WORD, Token
from curation_lib.text.numerals import ORDINALS, SCALES, SMALL, VAGUE, scaled, word_value
from curation_lib.text.units import unit_of
from curation_lib.text.word_forms import folded

LONGEST_NUMBER = 24
"""Words of a number that is written out."""


def with_number_words(text: str, tokens: list[Token]) -> list[Token]:
    """Number words as numbers, and scale words multiplied out."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        word = folded(text[token.start : token.stop])
        if token.kind == NUMBER and at + 1 < len(tokens) and _scale(text, tokens, at):
            scale = tokens[at + 1]
            value = scaled(token.key, _scale(text, tokens, at))
            out.append(Token(token.start, scale.stop, NUMBER, value, value, token.units))
            at += 2
        elif token.kind in (WORD, CAPITAL) and (word in SMALL or word in ORDINALS) and not _seconds(text, out, token):
            words = [folded(text[t.start : t.stop]) for t in tokens[at : at + LONGEST_NUMBER]]
            found = word_value(words)
            assert found
            value, used = found
            out.append(
                Token(token.start, tokens[at + used - 1].stop, NUMBER, value, value, vague=used == 1 and word in VAGUE)
            )
            at += used
        else:
            out.append(token)
            at += 1
    return out


def _seconds(text: str, before: list[Token], token: Token) -> bool:
    """Whether it is the unit of `30-second` and not an ordinal."""
    last = before[-1] if before else None
    return bool(
        last
        and last.kind == NUMBER
        and text[last.stop : token.start] in (" ", "-")
        and text[token.start : token.stop] == "second"
    )


def _scale(text: str, tokens: list[Token], at: int) -> str:
    token, after = tokens[at], tokens[at + 1]
    word = folded(text[after.start : after.stop])
    return word if word in SCALES and text[token.stop : after.start].strip(" \u00a0-") == "" else ""


def with_units(text: str, tokens: list[Token]) -> list[Token]:
    """Numbers with the unit behind them; of `4 to 6 GB` and `4, 5 or 6 GB` each number may have it."""
    out = list(tokens)
    for at in range(len(out) - 2, -1, -1):  # backwards: `4 to 6 GB`
        token, after = out[at], out[at + 1]
        between = text[token.stop : after.start]
        if token.kind != NUMBER:
            continue
        units: frozenset[str] = frozenset()
        if after.kind == NUMBER and not after.vague and between.strip(" ") in ("", "-", "–", ",", "to", "/"):
            units = after.units
        elif _listed(text, out, at):
            units = out[at + 2].units
        elif after.kind in (WORD, CAPITAL, NAME) and between.strip(" \u00a0-*`()") == "":
            word = text[after.start : after.stop]
            unit = unit_of(word, between == "")
            if unit:
                units = frozenset({unit})
                out[at + 1] = Token(after.start, after.stop, WORD, unit, unit)
        if units and not token.vague:
            out[at] = token._replace(units=token.units | units)
    return out


def _listed(text: str, tokens: list[Token], at: int) -> bool:
    """Whether another number follows as in `4 or 6` and `4, or 6`."""
    if at + 2 >= len(tokens) or tokens[at + 2].kind != NUMBER:
        return False
    return re.fullmatch(r",? (?:to|or|and) ", text[tokens[at].stop : tokens[at + 2].start]) is not None
