"""Signals of `filters.density`: rates from counts, what they come to at a length, and the linear model over them.

Signals are freed of length; beside them stands one small term for brevity, by which of two texts that are equally
dense the shorter one is preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curation_lib.text.byte_ngrams import UNITS, Costs
from curation_lib.text.lexicon import Lexicon

Rows = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def _rate(part: Any, whole: Any) -> Floats:
    found: Floats = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return found


def _per_hundred(name: str) -> Callable[[Rows], Floats]:
    """No root or logarithm: the mean of a rate is the same at every length, that of its root is not."""
    return lambda rows: 100 * _rate(rows[name], rows["words"])


MERITS: Mapping[str, Callable[[Rows], Floats]] = {
    "surprisal": lambda rows: _rate(rows["surprisal"] / UNITS, rows["bytes"]),
    "rare_words": lambda rows: _rate(rows["rarity"] / 8, rows["content_words"]),
    "content_words": lambda rows: _rate(rows["content_words"], rows["words"]),
    "new_words": lambda rows: np.log1p(_rate(rows["new_words"], rows["sentences"])),
    "names": _per_hundred("entities"),
    "numbers": _per_hundred("numbers"),
}
"""More of it is denser: bits per byte under the n-gram model, bits per content word, content words per word, new
content words per sentence (log), names and numbers with units per 100 words."""
PENALTIES: Mapping[str, Callable[[Rows], Floats]] = {
    "first_person": _per_hundred("first_person"),
    "hedges": _per_hundred("hedges"),
    "promotion": _per_hundred("promotion"),
    "exclamations": _per_hundred("exclamations"),
    "questions": _per_hundred("questions"),
    "empty_sentences": lambda rows: _rate(rows["empty_sentences"], rows["sentences"]),
    "story": lambda rows: _rate(rows["story"] / 8, rows["words"]),
    "compression": lambda rows: _rate(rows["compressed"], rows["bytes"]),
}
"""More of it is less dense: per 100 words, share of sentences that add nothing, words of stories and talk (mean bits
per word), how far the compression ratio lies outside BAND around that of dense texts."""
SIGNALS = (*MERITS, *PENALTIES)
LENGTH = "length"
REASONS = (*SIGNALS, LENGTH)
"""What a score is the sum of, beside the bias."""
COMPRESSION = SIGNALS.index("compression")
SIGNS = np.array([1.0] * len(MERITS) + [-1.0] * len(PENALTIES))
BAND = 1.0
"""Standard deviations of the compression ratio, either way, that cost nothing: dense texts repeat their terms."""
LIMIT = 3.0
"""Standard deviations beyond which a signal says no more."""
REFERENCE = 11.0
"""log2 of the bytes (2,048) at which brevity adds nothing."""


@dataclass(frozen=True)
class DensityModel:
    """lexicon, costs: what words and bytes are worth. knots: log2 of lengths in bytes; expected[signal, knot]: what a
    signal comes to at a length, whatever the label (compression: of dense texts). spread: standard deviation around
    that. weights: of the standardised signals, none against its sign. bias: log odds at zero. brevity: log odds that a
    text loses for each doubling of its bytes, between the first and the last knot; 0 or more."""

    lexicon: Lexicon
    costs: Costs
    knots: Floats
    expected: Floats
    spread: Floats
    weights: Floats
    bias: float
    brevity: float

    def contributions(self, rows: Rows) -> Floats:
        """float64[documents, REASONS]: what each adds to the log odds of being dense."""
        found: Floats = np.column_stack([self.standardised(rows) * self.weights, self.brevity * self.shortness(rows)])
        return found

    def shortness(self, rows: Rows) -> Floats:
        """float64[documents]: by how many halvings each text is shorter than REFERENCE; flat beyond the knots."""
        found: Floats = REFERENCE - np.clip(lengths(rows), self.knots[0], self.knots[-1])
        return found

    def standardised(self, rows: Rows) -> Floats:
        """float64[documents, signals]: standard deviations above what is usual at the document's length."""
        found = (measured(rows) - usual(lengths(rows), self.knots, self.expected)) / self.spread
        found[:, COMPRESSION] = np.maximum(0, np.abs(found[:, COMPRESSION]) - BAND)
        clipped: Floats = np.clip(found, -LIMIT, LIMIT)
        return clipped


def measured(rows: Rows) -> Floats:
    """float64[documents, signals], in the order of SIGNALS."""
    found: Floats = np.stack([signal(rows) for signal in (*MERITS.values(), *PENALTIES.values())], axis=1)
    return found


def lengths(rows: Rows) -> Floats:
    """log2 of each text's bytes."""
    found: Floats = np.log2(np.maximum(rows["bytes"], 1))
    return found


def usual(length: Floats, knots: Floats, expected: Floats) -> Floats:
    """Each signal at these lengths, linear between knots and flat beyond."""
    found: Floats = np.stack([np.interp(length, knots, curve) for curve in expected], axis=1)
    return found
