"""A budget over entries that hold so many tokens, by `fill`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from curation_lib.mix.water import exact, fill


def allocate(
    tokens: Sequence[int], weights: Sequence[float] | Sequence[Fraction], budget: int | None, max_epochs: float
) -> list[int]:
    """Tokens that each entry gives; without a budget each weighted one once, or less where `max_epochs` is less."""
    caps = [floor(exact(max_epochs) * held) if weight else 0 for held, weight in zip(tokens, weights, strict=True)]
    if budget is None:
        return [min(cap, held) for cap, held in zip(caps, tokens, strict=True)]
    return fill(caps, [exact(weight) for weight in weights], budget)
