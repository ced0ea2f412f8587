"""Percentiles of a score within each language of a corpus, exact (see `filters.order_statistics`).

A language's documents stand in the order of score, then of the hash of doc_id, so that none are equal. Of n documents
the first floor(n · low / 100) lie below a percentile `low`, and all but the first ceil(n · high / 100), one at least,
above `high`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.filters import order_statistics
from curation_lib.filters.order_statistics import (
    SCORE_DIGITS,
    Counts,
    Partial,
    State,
    at_most,
    count,
    float_of,
    known_digits,
    narrowed,
    summary,
    tied_digits,
)

Bounds = tuple[float | None, float | None]
"""Percentiles below and above which documents lie out."""
States = dict[str, State]
Rows = npt.NDArray[np.int64]


def rows_by_language(languages: pa.Array) -> dict[str, Rows]:
    """Rows of each language, in order of appearance."""
    coded = languages.dictionary_encode()
    place = coded.indices.to_numpy(zero_copy_only=False)
    return {language: np.flatnonzero(place == n) for n, language in enumerate(coded.dictionary.to_pylist())}


def partials(
    scores: npt.NDArray[np.float32], ties: npt.NDArray[np.uint64], rows: Mapping[str, Rows], states: States | None
) -> dict[str, Partial]:
    """What the next pass has to know of a batch, by language."""
    out = {}
    for language, found in rows.items():
        state = None if states is None else states[language]
        out[language] = summary(tied_digits(scores[found], ties[found], known_digits(state) + 1), state)
    return out


def merged(parts: Iterable[Mapping[str, Partial]], bounds: Bounds, states: States | None) -> States:
    """The states with one digit more."""
    counts: dict[str, Counts] = {}
    for part in parts:
        for language, partial in part.items():
            count(partial, counts.setdefault(language, {}))
    return {
        language: narrowed(found, lambda rows: [rank for rank in _ranks(rows, bounds) if rank is not None], state)
        for language, found in sorted(counts.items())
        for state in [None if states is None else states[language]]
    }


def _ranks(rows: int, bounds: Bounds) -> tuple[int | None, int | None]:
    """The last document below the lower bound, the last that is not above the upper one."""
    low, high = (None if bound is None else Fraction(str(bound)) * rows / 100 for bound in bounds)
    below = None if low is None or floor(low) == 0 else floor(low) - 1
    return below, None if high is None else max(ceil(high), 1) - 1


def settled(states: States) -> bool:
    """Every cut is between two documents that differ."""
    return all(map(order_statistics.settled, states.values()))


class Cut(NamedTuple):
    """Where a bound cuts a language's documents. rows: of the batch, those of the language; out: which of them lie
    out; score: of the last document below a lower bound, or not above an upper one; documents: in the corpus."""

    language: str
    rows: Rows
    out: npt.NDArray[np.bool_]
    score: float
    documents: int


def cuts(
    scores: npt.NDArray[np.float32],
    ties: npt.NDArray[np.uint64],
    rows: Mapping[str, Rows],
    bounds: Bounds,
    states: States,
) -> Iterator[Cut]:
    """The cut in each language that has one: of the lower bound, where only that is given, else of the upper."""
    lower = bounds[0] is not None
    for language, found in rows.items():
        state = states[language]
        if _ranks(state["rows"], bounds)[0 if lower else 1] is not None:
            prefix = state["targets"][0 if lower else -1]["prefix"]
            within = at_most(tied_digits(scores[found], ties[found], len(prefix)), prefix)
            yield Cut(language, found, within if lower else ~within, float_of(prefix[:SCORE_DIGITS]), state["rows"])
