"""Whether a fact stands among the words among which it stands in a source.

A source is a list of tokens with their statement. The context of a fact in another text is the words near it; how well
it fits a place of the source is the share of them that stand near that place, each weighed by how near it is to the
fact and by how rare it is in the source. A slot is what stands straight before and behind a fact.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.density_words import FUNCTION_WORDS
from curation_lib.text.fact_tokens import CAPITAL, NAME, NUMBER, Token, fact_tokens
from curation_lib.text.statements import statements
from curation_lib.text.word_forms import stem

STOPS = frozenset(stem(word) for word in (*FUNCTION_WORDS, "question", "answer", "text"))
NEAR, REACH = 4.0, 10.0
"""Words after which a context's weight, and a place's worth, is halved."""
NEIGHBOUR = 0.3
"""Worth of a word of a neighbouring statement."""
STOP_STEP = 0.25
"""What a function word adds to a distance."""
LONGEST_NAME = 5
"""Tokens of a name of several words."""

Places = npt.NDArray[np.int64]
Slot = tuple[str, str, str]
Weights = dict[str, float]


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

    tokens: list[Token] = field(default_factory=list)
    place: list[float] = field(default_factory=list)
    statement: list[int] = field(default_factory=list)
    by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_stem: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    weight: Weights = field(default_factory=dict)
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


def read_source(text: str) -> Source:
    """What facts of other texts are held against."""
    source, found = Source(), Counter[str]()
    spans = statements(text)
    for number, one in enumerate(spans):
        mine = fact_tokens(text, one.start, one.stop)
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


def distances(tokens: Sequence[Token]) -> list[float]:
    """Where each token stands, function words a quarter of a step apart."""
    places, place = [], 0.0
    for token in tokens:
        places.append(place)
        place += STOP_STEP if token.stem in STOPS else 1.0
    return places


def name_runs(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Numbers, and longest runs of names with nothing but a space between, as [first, last) of the tokens."""
    at = 0
    while at < len(tokens):
        stop = at + 1
        if tokens[at].kind in (CAPITAL, NAME):
            while (
                stop < min(len(tokens), at + LONGEST_NAME)
                and tokens[stop].kind in (CAPITAL, NAME)
                and not tokens[stop].initial
                and tokens[stop].start == tokens[stop - 1].stop + 1
            ):
                stop += 1
        if tokens[at].kind in (CAPITAL, NAME, NUMBER):
            yield at, stop
        at = stop


def slots_of(tokens: Sequence[Token], first: int, last: int) -> list[Slot]:
    """What stands around tokens [first, last) with nothing but spaces between: the two before, one on each side, the
    two behind. Function words say little: one of two words must be none, of two around the fact both."""
    found = []
    for name, a, b in (("before", first - 2, first - 1), ("between", first - 1, last), ("behind", last, last + 1)):
        if a < 0 or b >= len(tokens):
            continue
        content = (tokens[a].stem not in STOPS) + (tokens[b].stem not in STOPS)
        if content < (2 if name == "between" else 1):
            continue
        run = sorted({a, *range(first, last), b, *range(a, b)})
        if all(tokens[n].start - tokens[m].stop == 1 for m, n in pairwise(run)):
            found.append((name, tokens[a].key, tokens[b].key))
    return found


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
    for at in range(first, min(first + 8, len(tokens))):
        token = tokens[at]
        if at == first or token.kind == CAPITAL or token.stem not in STOPS:
            letters += token.key[:1]
            if len(letters) > 1 and token.kind == CAPITAL:
                source.aliases[letters].append(offset + first)


class Context(NamedTuple):
    """The words around a fact. known: weights of the stems that the source has; unknown: weight of all others."""

    known: Weights
    unknown: float


def context_of(tokens: Sequence[Token], first: int, last: int, source: Source) -> Context:
    """The context of tokens [first, last): each stem once, weighed by nearness and by how rare the source has it."""
    places = distances(tokens)
    mine = {token.stem for token in tokens[first:last]}
    weights: Weights = {}
    for n, token in enumerate(tokens):
        if token.stem not in STOPS and token.stem not in mine:
            distance = max(places[first] - places[n], places[n] - places[last - 1])
            weight = source.weight.get(token.stem, source.rarest) / (1 + distance / NEAR)
            weights[token.stem] = max(weights.get(token.stem, 0.0), weight)
    unknown = sum(weight for one, weight in weights.items() if one not in source.weight)
    return Context({one: weight for one, weight in weights.items() if one in source.weight}, unknown)


def fits(source: Source, places: Places, context: Weights) -> npt.NDArray[np.float64]:
    """How well a context fits each of `places`: the share of it that stands near, 0 to 1; 1 without any context."""
    stems = list(context)
    occurrences = [source.found[one] for one in stems]
    ends = np.cumsum([0, *map(len, occurrences)])
    joined = np.concatenate(occurrences) if occurrences else np.zeros(0, np.int64)
    weights = np.array([context[one] for one in stems], np.float64)
    out: npt.NDArray[np.float64] = _fits(places, source.at, source.within, joined, ends.astype(np.int64), weights)
    return out


@njit(nogil=True, cache=True)
def _fits(
    places: Places, place: npt.NDArray[np.float64], statement: Places, joined: Places, ends: Places,
    weights: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:  # fmt: skip
    out = np.ones(len(places), np.float64)
    total = 0.0
    for weight in weights:
        total += weight
    if total == 0.0:
        return out
    for n in range(len(places)):
        at, found = places[n], 0.0
        for k in range(len(weights)):
            best = 0.0
            for j in range(ends[k], ends[k + 1]):
                apart = abs(statement[joined[j]] - statement[at])
                if apart == 0:
                    best = max(best, 1 / (1 + abs(place[joined[j]] - place[at]) / REACH))
                elif apart == 1:
                    best = max(best, NEIGHBOUR)
            found += weights[k] * best
        out[n] = found / total
    return out
