"""Whether a fact stands among the words among which it stands in a source.

The context of a fact is the words near it; how well it fits a place of the source is the share of them that stand near
that place, each weighed by how near it is to the fact and by how rare it is in the source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.fact_source import Places, Source
from curation_lib.text.facts import Token
from curation_lib.text.name_runs import STOPS, distances

NEAR, REACH = 4.0, 10.0
"""Words after which a context's weight, and a place's worth, is halved."""
NEIGHBOUR = 0.3
"""Worth of a word of a neighbouring statement."""
Weights = Mapping[str, float]


class Context(NamedTuple):
    """The words around a fact. known: weights of the stems that the source has; unknown: weight of all others."""

    known: Weights
    unknown: float


def context_of(tokens: Sequence[Token], first: int, last: int, source: Source) -> Context:
    """The context of tokens [first, last): each stem once, weighed by nearness and by how rare the source has it."""
    places = distances(tokens)
    mine = {token.stem for token in tokens[first:last]}
    weights: dict[str, float] = {}
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
