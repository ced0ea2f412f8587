"""The statements of a text as they are held against its source: a question together with its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curation_lib.text.fact_source import Source
from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.facts import NUMBER, Token
from curation_lib.text.statements import statements

FOLLOWERS = 3
"""Statements behind a question that are read with it."""


@dataclass(frozen=True)
class Part:
    """Tokens with those that they are read with; facts are the tokens from `first` on."""

    tokens: list[Token]
    first: int
    heading: bool
    keys: frozenset[str]


def parts(text: str, source: Source) -> Iterator[Part]:
    """Each statement; behind a question, together with it."""
    question: list[Token] = []
    judged, left = True, 0
    for one in statements(text):
        tokens = _spaced(fact_tokens(text, one.start, one.stop, source.capitals), source)
        if one.question:
            if not judged:
                yield _part(question, 0, False)
            question, judged, left = tokens, False, FOLLOWERS
            continue
        asked = question if left > 0 else []
        yield _part(asked + tokens, len(asked) if judged else 0, one.heading)
        judged, left = True, left - 1
    if not judged:
        yield _part(question, 0, False)


def _spaced(tokens: list[Token], source: Source) -> list[Token]:
    """`12 000` as one number where the source holds it."""
    out: list[Token] = []
    for token in tokens:
        last = out[-1] if out else None
        if last and last.kind == token.kind == NUMBER and token.start - last.stop == 1:
            together = last.key + token.key.zfill(3)
            if token.stop - token.start == 3 and together in source.numbers:
                out[-1] = token._replace(start=last.start, key=together, stem=together)
                continue
        out.append(token)
    return out


def _part(tokens: list[Token], first: int, heading: bool) -> Part:
    return Part(tokens, first, heading, frozenset(token.key for token in tokens))
