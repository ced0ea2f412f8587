"""How many seeds a question needs."""

from __future__ import annotations

import math

from scipy import stats

from curation_lib.valuation.effects import Effect

MOST = 10_000
"""Seeds per arm; what needs more is not to be had by seeds."""


def seeds_needed(found: Effect, seeds: int, distance: float, alpha: float, power: float) -> int | None:
    """Seeds per arm with which a value `distance` (bits per byte) away from the limit is told from it with `power`, at
    one-sided `alpha`, if seeds and documents vary as they did in `found`. None: documents alone vary too much."""
    within = math.sqrt(max(found.error**2 - found.of_documents**2, 0.0) * seeds)
    free = found.df / (seeds - 1)

    def enough(n: int) -> bool:
        error = math.hypot(within / math.sqrt(n), found.of_documents)
        return distance >= float(sum(stats.t.ppf([1 - alpha, power], free * (n - 1)))) * error

    if not enough(MOST):
        return None
    low, high = 2, MOST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
