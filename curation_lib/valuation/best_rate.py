"""Which filter rate is best at each size of models, and whether smaller models want a smaller one.

The best rate of a scale is the lowest point of the parabola through its losses over log rate, held within the rates
that were tried. Intervals are a bootstrap's: documents of each measure set are drawn anew, the same for all runs, and
every mean over seeds moves by a draw of deviations of single runs from their means, pooled over the rates of a scale
(few seeds of one rate say little of its spread), widened by sqrt(n / (n - 1)) (Davison and Hinkley, Bootstrap Methods
and their Application, 1997, section 2.5) and by how much Student's t is wider than the normal distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from curation_lib.valuation.runs import Losses
from curation_lib.valuation.sweep import SweepSettings

Floats = npt.NDArray[np.float64]
CLAIMED, CONTRARY, OPEN = "claimed", "the contrary", "not shown"


@dataclass(frozen=True)
class AtScale:
    """losses: bits per byte, float64[rates]. low, high: their intervals, for comparing rates: what all rates share, how
    hard the documents are that were drawn, is taken off. best: the best rate, with its interval. chosen:
    float64[rates], how often each of the rates had the smallest loss."""

    parameters: int
    losses: Floats
    low: Floats
    high: Floats
    best: float
    best_low: float
    best_high: float
    chosen: Floats


@dataclass(frozen=True)
class Swept:
    """slope: of log10 best rate per tenfold parameters, with its interval; above 0, larger models want more of the
    corpus, so that smaller ones want the more aggressive filter."""

    rates: tuple[float, ...]
    scales: tuple[AtScale, ...]
    slope: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether smaller models want the more aggressive filter: claimed only outside of noise."""
        return CLAIMED if self.low > 0 else CONTRARY if self.high < 0 else OPEN


Measured = Mapping[tuple[int, float], Sequence[Mapping[str, Losses]]]
"""By (number of the scale, rate), of each seed what every measure set lost."""


def swept(measured: Measured, parameters: Sequence[int], settings: SweepSettings, values: Mapping[str, float]) -> Swept:
    """parameters: of each scale's model, two or more sizes. values: weights of measure sets, in all runs the same."""
    rates, rng = settings.rates, np.random.default_rng(settings.seed)
    first = measured[0, rates[0]][0]
    counts = {name: _counts(rng, len(first[name].bytes), settings.draws) for name in sorted(values)}
    tables = [_table([measured[n, rate] for rate in rates], counts, values) for n in range(len(parameters))]
    plain = np.array([table[0].mean(axis=1) for table in tables])
    drawn = np.array([_drawn(table, rng, settings.alpha) for table in tables])
    logs = np.log10(rates)
    best, bests = lowest(plain, logs), lowest(drawn, logs)
    sizes = np.log10(parameters)
    per = (sizes - sizes.mean()) / np.sum((sizes - sizes.mean()) ** 2)
    ends = (settings.alpha / 2, 1 - settings.alpha / 2)
    low, high = np.quantile(per @ bests, ends)
    scales = [_at_scale(size, plain[n], drawn[n], float(best[n]), bests[n], ends) for n, size in enumerate(parameters)]
    return Swept(rates, tuple(scales), float(per @ best), float(low), float(high))


def _at_scale(
    size: int, plain: Floats, drawn: Floats, best: float, bests: Floats, ends: tuple[float, float]
) -> AtScale:
    apart = drawn - drawn.mean(axis=1, keepdims=True) + plain.mean()
    low, high = np.quantile(apart, ends, axis=0)
    best_low, best_high = 10 ** np.quantile(bests, ends)
    chosen = np.bincount(drawn.argmin(axis=1), minlength=len(plain)) / len(drawn)
    return AtScale(size, plain, low, high, 10**best, float(best_low), float(best_high), chosen)


def lowest(losses: Floats, logs: Floats) -> Floats:
    """Where the parabola through losses, float64[…, rates] over `logs`, is lowest, within the outermost of them; where
    it opens downwards, the rate with the smallest loss."""
    square, line, _ = np.einsum("...r,cr->c...", losses, np.linalg.pinv(np.vander(logs, 3)))
    opens = square > 0
    vertex = -line / (2 * np.where(opens, square, 1.0))
    found: Floats = np.where(opens, np.clip(vertex, logs.min(), logs.max()), logs[losses.argmin(axis=-1)])
    return found


def _counts(rng: np.random.Generator, documents: int, draws: int) -> Floats:
    """How often each document is drawn, float64[1 + draws, documents]; first once each."""
    drawn = rng.multinomial(documents, np.full(documents, 1 / documents), size=draws)
    return np.vstack([np.ones((1, documents)), drawn])


def _table(
    by_rate: Sequence[Sequence[Mapping[str, Losses]]], counts: Mapping[str, Floats], values: Mapping[str, float]
) -> Floats:
    """Bits per byte, measure sets by their values, float64[1 + draws, rates, seeds]; first of all documents. Summed by
    einsum, not BLAS: the same however many threads there are."""
    found = 0.0
    for name, often in counts.items():
        bits = np.array([[one[name].bits for one in seeds] for seeds in by_rate])
        held = by_rate[0][0][name].bytes.astype(np.float64)
        lost = np.einsum("kd,rsd->krs", often, bits) / np.einsum("kd,d->k", often, held)[:, None, None]
        found = found + values[name] / sum(values.values()) * lost
    return np.asarray(found)


def _drawn(table: Floats, rng: np.random.Generator, alpha: float) -> Floats:
    """Means over seeds, float64[draws, rates], moved by draws of the scale's pooled deviations."""
    _, rates, seeds = table.shape
    wider = t.ppf(1 - alpha / 2, rates * (seeds - 1)) / norm.ppf(1 - alpha / 2) * np.sqrt(seeds / (seeds - 1))
    off = (table[0] - table[0].mean(axis=1, keepdims=True)) * wider
    draws = len(table) - 1
    moved = rng.choice(off.ravel(), size=(draws, rates, seeds)).mean(axis=2)
    found: Floats = table[1:].mean(axis=2) + moved
    return found
