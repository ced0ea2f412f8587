"""Mixing rules: which share of a token budget an entry asks for, before epoch caps.

`weights`: its weight alone. `natural`: its tokens. `temperature`: tokens^(1/T). mT5 (Xue et al. 2021,
https://arxiv.org/abs/2010.11934) and XLM-R (Conneau et al. 2020, https://arxiv.org/abs/1911.02116) write the exponent
as alpha = 1/T and take 0.3, which is T = 3.33; T = 1 is natural, a larger T more even; here sizes are tokens.
`unimax` (Chung et al. 2023, https://arxiv.org/abs/2304.09151): the same for every entry, so that the smallest fill up
to their cap first and the rest is even (`water.fill`). The weight multiplies what natural, temperature and unimax
ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from curation_lib.mix.water import exact

RuleName = Literal["weights", "natural", "temperature", "unimax"]

_WORK = Context(prec=60, rounding=ROUND_HALF_EVEN)
_ROOT = Context(prec=40, rounding=ROUND_HALF_EVEN)


class Rule(NamedTuple):
    """A rule and, where its name is `temperature`, that."""

    name: RuleName = "weights"
    temperature: float | None = None

    def shares(self, tokens: Sequence[int], weights: Sequence[float]) -> list[Fraction]:
        """What each entry asks for, in proportion (not divided by their sum); `tokens` is what each entry holds."""
        return [exact(weight) * self._of(held) for held, weight in zip(tokens, weights, strict=True)]

    def _of(self, held: int) -> Fraction:
        if self.name == "natural":
            return Fraction(held)
        return root(held, self.temperature) if self.temperature else Fraction(1)


def root(held: int, temperature: float) -> Fraction:
    """held^(1/temperature), rounded to 40 digits: decimal's ln and exp round correctly, so it is the same on every
    machine, as a double's power is not; the 20 digits beyond make roots that are whole numbers come out whole."""
    if not held:
        return Fraction(0)
    power = _WORK.exp(_WORK.divide(_WORK.ln(Decimal(held)), Decimal(str(temperature))))
    return Fraction(_ROOT.plus(power))
