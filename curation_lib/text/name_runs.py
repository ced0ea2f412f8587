"""Facts among tokens: numbers, names of one or several words, how far words are apart, and what surrounds a fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from curation_lib.text.density_words import FUNCTION_WORDS
from curation_lib.text.facts import CAPITAL, NAME, NUMBER, Token
from curation_lib.text.word_forms import stem

STOPS = frozenset(stem(word) for word in (*FUNCTION_WORDS, "question", "answer", "text"))
"""Stems of words that say nothing of what a text is about."""
STOP_STEP = 0.25
"""What a function word adds to a distance."""
LONGEST_NAME = 5
"""Tokens of a name of several words."""
Slot = tuple[str, str, str]


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
