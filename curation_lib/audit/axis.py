"""Axes of pictures: values to pixels, and marks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

STEPS = (1, 2, 5, 10)
LEAST = 1e-9
"""Of values, and in parts of them: spreads that are smaller are none."""


class Axis(NamedTuple):
    """low, high: values at pixels begin and end."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands, in pixels."""
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def marks(self, about: int = 5) -> list[tuple[float, str]]:
        """Pixels and text of round values, about so many."""
        step = _round_step((self.high - self.low) / about)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(self.at(n * step), f"{n * step + 0.0:.{digits}f}") for n in range(first, last + 1)]


def axis(values: Iterable[float], begin: float, end: float, margin: float = 0.04) -> Axis:
    """An axis that holds all values, with a margin; of one value alone, some room around it."""
    found = list(values)
    low, high = min(found), max(found)
    size = max(abs(low), abs(high), 1.0)
    room = margin * (high - low if high - low > LEAST * size else size)
    return Axis(low - room, high + room, begin, end)


def _round_step(least: float) -> float:
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * step for step in STEPS if unit * step >= least * (1 - 1e-9))
