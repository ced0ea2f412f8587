"""Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998, An Empirical Study of Smoothing Techniques), as
KenLM's lmplz does it (Heafield et al. 2013, Scalable Modified Kneser-Ney Language Model Estimation).

The unigrams interpolate with the uniform distribution over all words, the unknown one and the end included, which
gives the unknown word its probability. Pruned n-grams count towards discounts and denominators; their mass goes to the
back-off weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.text.ngram_tables import Ngrams
from curation_lib.training.ngram_corpus import Numbers
from curation_lib.training.ngram_counts import Counted, Counts, adjusted, counted_orders

Floats = npt.NDArray[np.float64]
FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where a text is too small or odd to estimate them; those of `lmplz --discount_fallback`."""
_UNKNOWN, _BEGIN, _END = 0, 1, 2


class Smoothed(NamedTuple):
    """orders: the n-grams that stayed. discounts: of counts 1, 2 and more, per order; estimated: whether from the
    text."""

    orders: list[Ngrams]
    discounts: list[tuple[float, float, float]]
    estimated: list[bool]


class _Order(NamedTuple):
    """The lower order while the next is smoothed. kept: which n-grams stay, probability: of each (not its log10)."""

    counted: Counted
    kept: npt.NDArray[np.bool_]
    probability: Floats
    ids: Numbers


def smoothed(tokens: Numbers, vocabulary: int, order: int, prune: Sequence[int]) -> Smoothed:
    """The model of a text (see `Corpus`). prune: an n-gram of order n that stands prune[n - 1] times or less goes.

    Memory: about 150 bytes per token with order 5. Sums are exact or over fixed orders: equal texts give equal bits.
    """
    out = Smoothed([], [], [])
    lower: _Order | None = None
    pending: Counted | None = None
    for counted in counted_orders(tokens, vocabulary, order):
        if pending is not None:
            lower = _smooth(pending, adjusted(pending, counted), lower, prune, out)
        pending = counted
    assert pending is not None
    _smooth(pending, pending.times, lower, prune, out)
    return out


def _smooth(counted: Counted, counts: Counts, lower: _Order | None, prune: Sequence[int], out: Smoothed) -> _Order:
    if lower is None:
        counts = counts.copy()
        counts[[_UNKNOWN, _BEGIN]] = 0
    discounts, estimated = discounts_of(counts)
    out.discounts.append(discounts)
    out.estimated.append(estimated)
    if lower is None:
        made = _unigrams(counted, counts, discounts)
    else:
        made = _longer(counted, counts, discounts, lower, prune[len(out.orders)], out)
    out.orders.append(Ngrams(made.ids, _log10(made.probability[made.kept]), np.zeros(len(made.ids), np.float32)))
    return made


def discounts_of(counts: Counts) -> tuple[tuple[float, float, float], bool]:
    """Discounts of counts 1, 2 and 3 or more (Chen and Goodman, equation 26), and whether the counts gave them."""
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(np.float64)
    if n[1:4].all():
        y = n[1] / (n[1] + 2 * n[2])
        found = [float(j - (j + 1) * y * n[j + 1] / n[j]) for j in (1, 2, 3)]
        if all(0 <= d <= j for j, d in enumerate(found, 1)):
            return (found[0], found[1], found[2]), True
    return FALLBACK, False


def _unigrams(counted: Counted, counts: Counts, discounts: Sequence[float]) -> _Order:
    total = counts.sum()
    mass = _mass(counts, np.ones(len(counts), bool), np.zeros(len(counts), np.uint32), 1, discounts)[0]
    uniform = 1 / (len(counts) - 1)  # the beginning is never predicted
    probability = (counts - _discount(counts, discounts)) / total + mass / total * uniform
    probability[_BEGIN] = 1.0
    return _Order(counted, np.ones(len(counts), bool), probability, counted.word.reshape(-1, 1))


def _longer(
    counted: Counted, counts: Counts, discounts: Sequence[float], lower: _Order, least: int, out: Smoothed
) -> _Order:
    kept = counted.times > least
    contexts = len(lower.kept)
    total = np.bincount(counted.context, counts, contexts)
    with np.errstate(invalid="ignore"):
        weight = _mass(counts, kept, counted.context, contexts, discounts) / total
    probability = (counts - _discount(counts, discounts)) / total[counted.context]
    probability += weight[counted.context] * lower.probability[counted.ending]
    begins = total[lower.kept] > 0
    out.orders[-1].backoff[begins] = _log10(weight[lower.kept][begins])
    place = np.cumsum(lower.kept) - 1  # of a rank among those that stay
    rows = place[counted.context[kept]]
    return _Order(counted, kept, probability, np.column_stack([lower.ids[rows], counted.word[kept]]))


def _discount(counts: Counts, discounts: Sequence[float]) -> Floats:
    return np.array([0.0, *discounts])[np.minimum(counts, 3)]


def _mass(
    counts: Counts, kept: npt.NDArray[np.bool_], context: Numbers, contexts: int, discounts: Sequence[float]
) -> Floats:
    """What the discounts and the pruned n-grams leave to the lower order, per context."""
    taken = np.zeros(contexts)
    for j, discount in enumerate(discounts, 1):
        chosen = kept & (np.minimum(counts, 3) == j)
        taken += discount * np.bincount(context[chosen], minlength=contexts)
    return np.asarray(taken + np.bincount(context[~kept], counts[~kept], contexts))


def _log10(values: Floats) -> npt.NDArray[np.float32]:
    """A probability of 0, which few words can leave for backing off, is -99, as ARPA files have it."""
    return np.minimum(np.log10(np.maximum(values, 1e-99)), 0).astype(np.float32)
