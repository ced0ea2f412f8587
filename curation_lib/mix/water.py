"""Water-filling in exact fractions, so that an answer depends on no order and no rounding."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor


def fill(caps: Sequence[int], weights: Sequence[Fraction], budget: int) -> list[int]:
    """Tokens that each entry gives, by water-filling: entries whose share of `budget` is over their cap are filled and
    leave, until none is.

    caps: tokens that an entry may give at most; weights: one per entry, above 0 where the cap is. The sum never exceeds
    the budget and falls short of it by less than one token per entry, unless all are at their cap.
    """
    given = [0] * len(caps)
    left, unsettled = budget, [i for i, cap in enumerate(caps) if cap]
    while unsettled:
        total = sum(weights[i] for i in unsettled)
        shares = {i: left * weights[i] / total for i in unsettled}
        full = [i for i in unsettled if caps[i] <= shares[i]]
        for i in full or unsettled:
            given[i] = min(caps[i], floor(shares[i]))
        left -= sum(given[i] for i in full)
        unsettled = [i for i in unsettled if full and i not in full]
    return given


def exact(number: float | Fraction) -> Fraction:
    """The number as it was written: 0.3 is three tenths, not the nearest double."""
    return number if isinstance(number, Fraction) else Fraction(str(number))
