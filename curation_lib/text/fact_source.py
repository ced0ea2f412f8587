"""A source that facts of other texts are held against: its tokens, and where each fact and each word stands."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.facts import CAPITAL, ENGLISH, NAME, NUMBER, Token
from curation_lib.text.name_runs import STOPS, Slot, distances, name_runs, slots_of
from curation_lib.text.statements import statements

Places = npt.NDArray[np.int64]
LONGEST_ACRONYM = 8
"""Words that an acronym may stand for."""


class Rivals(NamedTuple):
    """Facts of one kind: the places of fact k begin at `places[starts[k]]`."""

    keys: list[str]
    places: Places
    starts: Places


def rivals(facts: dict[str, list[int]]) -> Rivals:
    """Facts with their places, side by side."""
    starts = np.cumsum([0, *(len(places) for places in facts.values())])[:-1]
    flat = [place for places in facts.values() for place in places]
    return Rivals(list(facts), np.array(flat, np.int64), starts.astype(np.int64))


@dataclass
class Source:
    """The tokens of a source's statements, and where each form stands: by key for facts, by stem for context.

    units: those that a number has anywhere. weight: how rare a stem is;
    rarest: that of one in a single statement. numbers, names: places of what is a fact
    wherever it stands; spans: of names of several words. aliases: places of capital words by their initials. joined:
    neighbours written as one word. slots: keys of the numbers and names that fill a slot. at, within, found: `place`,
    `statement` and `by_stem` as arrays; number_rivals, name_rivals: the same of `numbers` and `names`.
    """

    capitals: str = ENGLISH
    tokens: list[Token] = field(default_factory=list)
    place: list[float] = field(default_factory=list)
    statement: list[int] = field(default_factory=list)
    by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_stem: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    weight: dict[str, float] = field(default_factory=dict)
    rarest: float = 0.0
    numbers: dict[str, list[int]] = field(default_factory=dict)
    names: dict[str, list[int]] = field(default_factory=dict)
    spans: dict[tuple[str, ...], list[int]] = field(default_factory=lambda: defaultdict(list))
    aliases: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    joined: set[str] = field(default_factory=set)
    slots: dict[Slot, set[str]] = field(default_factory=lambda: defaultdict(set))
    at: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    within: Places = field(default_factory=lambda: np.zeros(0, np.int64))
    found: dict[str, Places] = field(default_factory=dict)
    number_rivals: Rivals = field(default_factory=lambda: rivals({}))
    name_rivals: Rivals = field(default_factory=lambda: rivals({}))


def read_source(text: str, capitals: str = ENGLISH) -> Source:
    """What facts of other texts in its language are held against."""
    source, found = Source(capitals), Counter[str]()
    spans = statements(text)
    for number, one in enumerate(spans):
        mine = fact_tokens(text, one.start, one.stop, capitals)
        for token, place in zip(mine, distances(mine), strict=True):
            at = len(source.tokens)
            source.tokens.append(token)
            source.place.append(place)
            source.statement.append(number)
            source.by_key[token.key].append(at)
            source.by_stem[token.stem].append(at)
            source.units[token.key] |= token.units
        found.update({token.stem for token in mine})
        _index(source, mine, len(source.tokens) - len(mine))
    source.weight = {one: math.log(1 + len(spans) / count) for one, count in found.items()}
    source.rarest = math.log(1 + len(spans))
    source.at, source.within = np.array(source.place, np.float64), np.array(source.statement, np.int64)
    source.found = {one: np.array(places, np.int64) for one, places in source.by_stem.items()}
    source.number_rivals, source.name_rivals = rivals(source.numbers), rivals(source.names)
    return source


def _index(source: Source, tokens: Sequence[Token], offset: int) -> None:
    """Facts, slots, initials and joined neighbours of one statement, whose tokens begin at `offset`."""
    for first, last in name_runs(tokens):
        fact = tokens[first]
        if fact.kind == NUMBER and not fact.vague:
            source.numbers.setdefault(fact.key, source.by_key[fact.key])
        for n in range(first, last):
            if tokens[n].kind == NAME or (
                tokens[n].kind == CAPITAL and not tokens[n].initial and tokens[n].stem not in STOPS
            ):
                source.names.setdefault(tokens[n].key, source.by_key[tokens[n].key])
            for stop in range(n + 2, last + 1):
                source.spans[tuple(one.key for one in tokens[n:stop])].append(offset + n)
        for slot in slots_of(tokens, first, last):
            source.slots[slot] |= {one.key for one in tokens[first:last]}
    for at, token in enumerate(tokens):
        _initials(source, tokens, at, offset)
        if at:
            source.joined.add(tokens[at - 1].key + token.key)


def _initials(source: Source, tokens: Sequence[Token], first: int, offset: int) -> None:
    """First letters of the words from `first` on, function words passed over, up to each capital word."""
    letters = ""
    for at in range(first, min(first + LONGEST_ACRONYM, len(tokens))):
        token = tokens[at]
        if at == first or token.kind == CAPITAL or token.stem not in STOPS:
            letters += token.key[:1]
            if len(letters) > 1 and token.kind == CAPITAL:
                source.aliases[letters].append(offset + first)
