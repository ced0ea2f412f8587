"""What repeats are worth: the second epoch almost as much as the first, the hundredth nothing."""

from __future__ import annotations

from math import exp

DECAY = 15.4
"""R* of Muennighoff et al. 2023, "Scaling data-constrained language models" (https://arxiv.org/abs/2305.16264): after
so many repeats another one is worth 1/e of new text."""


def effective_tokens(unique: int, epochs: float) -> float:
    """Tokens of new text that are worth as much as `unique` tokens seen `epochs` times (1 or more):

    U + U * R* * (1 - e^(-R / R*)), R = epochs - 1: the paper's effective data. Four epochs are worth 3.73.
    """
    return unique * (1 + DECAY * (1 - exp(-(epochs - 1) / DECAY)))
