"""A swarm of proxy runs: mixtures drawn around natural, each trained at every scale.

Mixtures are drawn as RegMix draws them (Liu et al. 2024, arXiv 2407.01492, and its code): from Dirichlet distributions
around the natural mixture, smoothed by a temperature, with strengths spread evenly over logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import Field, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Section
from curation_lib.valuation.proxy import Floats, Scale, Source, proxy_run
from curation_lib.valuation.runs import Run

TRIES = 10_000
"""Draws of one mixture until one is within bounds."""
APART = 1_000_000
"""How far seeds of scales are apart: further than there are mixtures."""


class SwarmSettings(Section):
    """mixtures: how many are drawn. strengths: the least and the largest concentration; a small one draws mixtures of
    few sources, a large one near natural. temperature: natural^(1/temperature) is what is drawn around; 1 leaves it.
    least_share: smaller shares are 0. max_epochs: no drawn mixture reads a source more often in the target run.
    Defaults are RegMix's."""

    mixtures: int = Field(default=64, ge=1, lt=APART)
    strengths: tuple[float, float] = (0.1, 5.0)
    temperature: float = Field(default=2.0, ge=1)
    least_share: float = Field(default=2e-4, ge=0, lt=0.5)
    max_epochs: float = Field(default=15.0, gt=0)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> SwarmSettings:
        if not 0 < self.strengths[0] <= self.strengths[1]:
            raise ValueError(f"strengths {list(self.strengths)}: write the smaller one first, above 0")
        return self


class Trial(NamedTuple):
    """A run of the swarm: which mixture at which scale. weights: by source, in the sources' order, sum 1."""

    mixture: str
    weights: tuple[float, ...]
    scale: int
    run: Run


def drawn(natural: Floats, held: Floats, target_tokens: int, settings: SwarmSettings) -> dict[str, Floats]:
    """Mixtures by name, float64[sources] each, sum 1. natural: shares; held: tokens of each source.

    Each has a generator of its own, so that more of them leave the first ones as they are. Raises ConfigError where
    bounds leave next to none.
    """
    centre = natural ** (1 / settings.temperature)
    most = settings.max_epochs * held / target_tokens
    return {f"drawn-{n:03d}": _drawn(n, centre / centre.sum(), most, settings) for n in range(settings.mixtures)}


def _drawn(number: int, centre: Floats, most: Floats, settings: SwarmSettings) -> Floats:
    rng = np.random.default_rng([settings.seed, number])
    low, high = np.log(settings.strengths)
    present = centre > 0
    for _ in range(TRIES):
        found = np.zeros(len(centre))
        found[present] = rng.dirichlet(centre[present] * np.exp(rng.uniform(low, high)))
        found[found < settings.least_share] = 0.0
        total = float(found.sum())
        if total and np.all(found <= most * total):
            shares: Floats = found / total
            return shares
    raise ConfigError(
        f"swarm.max_epochs {settings.max_epochs:g}: of {TRIES} mixtures none reads every source so seldom; raise it, "
        "raise the smaller of swarm.strengths, or lower target_run.tokens"
    )


def swarm(
    mixtures: Mapping[str, Floats],
    sources: Sequence[Source],
    scales: Sequence[Scale],
    target_tokens: int,
    measures: Mapping[str, str],
    seed: int = 0,
) -> list[Trial]:
    """Every mixture at every scale; a scale's `mixtures` counts drawn ones only. Seeds of the order of data are all
    different: noise that scales share would look like what they agree on."""
    return [
        Trial(name, tuple(weights.tolist()), n, proxy_run(weights, sources, scale, target_tokens, measures, order))
        for n, scale in enumerate(scales)
        for place, (name, weights) in enumerate(_at(mixtures, scale).items())
        for order in [seed + n * APART + place]
    ]


def _at(mixtures: Mapping[str, Floats], scale: Scale) -> dict[str, Floats]:
    left_out = [name for name in mixtures if name.startswith("drawn-")][scale.mixtures :] if scale.mixtures else []
    return {name: weights for name, weights in mixtures.items() if name not in left_out}
