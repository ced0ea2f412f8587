"""A text as tokens that facts are made of, each with its place. Signs are no tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from curation_lib.text.fact_numbers import with_number_words, with_units
from curation_lib.text.fact_runs import run_tokens, token_of
from curation_lib.text.facts import CAPITAL, ENGLISH, NAME, NOUNS, WORD, Token
from curation_lib.text.units import unit_of

_URL = r"https?://[^\s<>\"'|)\]]*[\w/]|www\.[\w.-]+\w"
_RUN = r"[^\W_]\w*(?:(?:::|[.,'’:/@\\&+-])_*[^\W_]\w*)*|_+[^\W_]\w*"
_TOKEN = re.compile(rf"(?P<url>{_URL})|(?P<money>[$€£¥]\s?)?(?P<run>{_RUN})(?P<percent>\s?%)?")
_OPENS = "|:.!?;([\"“‘'—–-…"


def fact_tokens(text: str, start: int = 0, stop: int | None = None, capitals: str = ENGLISH) -> list[Token]:
    """The tokens of text[start:stop], in order. capitals: see `text.facts`."""
    found = [_placed(text, start, one) for one in _raw(text, start, len(text) if stop is None else stop)]
    if capitals == NOUNS:
        found = [one._replace(kind=WORD) if one.kind == CAPITAL else one for one in found]
    return with_units(text, with_number_words(text, found) if capitals == ENGLISH else found)


def _placed(text: str, start: int, token: Token) -> Token:
    if token.kind != CAPITAL:
        return token
    before = text[max(start, token.start - 6) : token.start].rstrip(" \t*_`")
    return token._replace(initial=not before or before[-1] in _OPENS)


def _raw(text: str, start: int, stop: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, stop):
        if match["url"]:
            yield token_of(match.start(), match["url"], NAME)
            continue
        units = {unit_of(match["money"].strip(), True)} if match["money"] else set()
        units |= {"percent"} if match["percent"] else set()
        at = match.start("run")
        for token in _parts(match["run"], frozenset(u for u in units if u)):
            yield Token(at + token.start, at + token.stop, *token[2:])


@lru_cache(65536)
def _parts(run: str, units: frozenset[str]) -> tuple[Token, ...]:
    """The tokens of a run, places counted from its begin; words repeat, so most runs are known."""
    return tuple(run_tokens(0, run, units))
