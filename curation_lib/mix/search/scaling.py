"""Does the best mixture move away from natural as models get smaller? Asked twice: the answer can be the ruler's.

At each scale the optimum pays `strength` times a unit of loss per nat of KL(optimum || natural). Under `loss_units` the
unit is the same at all scales: the mean over scales of the standard deviation of losses among a scale's runs. Under
`spread` it is the scale's own. Losses of larger models spread less, so the first pulls their optimum to natural and the
second does not. How strong the penalty is has no right answer either, so several are asked. Only where all slopes of KL
against log10 N have one sign, outside their intervals, is it a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.fits import FOLDS, SEED, Ranked, best_law, fit, ranked
from curation_lib.mix.search.joint import LeftOut, leave_largest_out
from curation_lib.mix.search.laws import coefficients
from curation_lib.mix.search.limits import Limits, divergence
from curation_lib.mix.search.one_thread import one_thread
from curation_lib.mix.search.optimise import optimum
from curation_lib.mix.search.problem import Objective
from curation_lib.mix.search.runs import Floats, Runs, require_fittable
from curation_lib.mix.search.verdict import Searched, refitted

STRENGTHS = (0.1, 0.3, 1.0)
NORMALISATIONS = ("loss_units", "spread")
CLAIMED, DEPENDENT, OPEN = "claimed", "regulariser-dependent", "not shown"


@dataclass(frozen=True)
class Slope:
    """Of KL(optimum || natural), nats per tenfold N, with its 95 % interval; kl: per scale."""

    normalisation: str
    strength: float
    value: float
    low: float
    high: float
    kl: tuple[float, ...]

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval is on one side of 0, else 0."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Claim:
    """transfer: how the law of each scale but the largest ranks the largest one's runs. left_out: how laws of all
    scales tell the largest one; None of fewer than three scales."""

    scales: tuple[float, ...]
    runs: tuple[int, ...]
    law: str
    slopes: tuple[Slope, ...]
    transfer: Mapping[float, Ranked]
    left_out: LeftOut | None = None

    @property
    def verdict(self) -> str:
        """`claimed` where all slopes agree on a sign; `not shown` where none has one."""
        signs = {slope.sign for slope in self.slopes}
        if signs == {0}:
            return OPEN
        return CLAIMED if len(signs) == 1 else DEPENDENT


@one_thread
def scale_claim(runs: Runs, natural: Floats, draws: int, strengths: Sequence[float] = STRENGTHS) -> Claim:
    """The slopes for the first target of runs at two or more scales, with intervals over `draws` of each scale's runs.

    Raises ConfigError where there are fewer scales.
    """
    scales = runs.scales()
    if len(scales) < 2 or runs.parameters is None:
        raise ConfigError(
            f"{len(scales)} scales: a slope needs runs of models of two sizes, better three; name their column"
        )
    first = replace(runs, targets=runs.targets[:1], losses=runs.losses[:, :1])
    parts = [first.take(runs.parameters == size) for size in scales]
    most = max(parts, key=len)
    for size, part in zip(scales, parts, strict=True):
        require_fittable(part, coefficients(part.weights), FOLDS, f"scale {size:g}: ")
    law = best_law(most.weights, most.losses[:, 0])[0]
    fits = [Objective((fit(law, part.weights, part.losses[:, 0]),), np.ones(1)) for part in parts]
    asked = [(name, strength) for name in NORMALISATIONS for strength in strengths]
    found = _divergences(parts, fits, natural, asked)
    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(draws):
        others = [part.take(rng.integers(len(part), size=len(part))) for part in parts]
        again = [refitted(one, other) for one, other in zip(fits, others, strict=True)]
        drawn.append(_divergences(others, again, natural, asked))
    slopes = _slopes(scales, asked, found, np.array(drawn))
    transfer = {size: _told(one, parts[-1]) for size, one in zip(scales[:-1], fits, strict=False)}
    counts = tuple(map(len, parts))
    return Claim(tuple(scales), counts, law.name, slopes, transfer, leave_largest_out(first, draws))


def _divergences(
    parts: Sequence[Runs], fits: Sequence[Objective], natural: Floats, asked: Sequence[tuple[str, float]]
) -> Floats:
    """KL of the optima, float64[asked, scales]."""
    spreads = np.array([np.std(part.losses[:, 0]) for part in parts])
    units = {"loss_units": np.full(len(parts), spreads.mean()), "spread": spreads}
    rows = [[Limits(natural, penalty=strength * float(unit)) for unit in units[name]] for name, strength in asked]
    return np.array(
        [[divergence(optimum(f, limits), natural) for f, limits in zip(fits, row, strict=True)] for row in rows]
    )


def _slopes(
    scales: Sequence[float], asked: Sequence[tuple[str, float]], found: Floats, drawn: Floats
) -> tuple[Slope, ...]:
    """found: float64[asked, scales]; drawn: float64[draws, asked, scales]."""
    logs = np.log10(scales)
    per = (logs - logs.mean()) / np.sum((logs - logs.mean()) ** 2)
    low, high = Searched.interval(drawn @ per)
    return tuple(
        Slope(name, strength, float(found[n] @ per), float(low[n]), float(high[n]), tuple(found[n].tolist()))
        for n, (name, strength) in enumerate(asked)
    )


def _told(objective: Objective, largest: Runs) -> Ranked:
    return ranked(objective.predict(largest.weights), largest.losses[:, 0])
