"""Whether the optimum beats UniMax where both were trained: a fit says what it would lose, runs say what it loses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import Field

from curation_lib.core.recipe import Section
from curation_lib.valuation.arms import Arm, Measured
from curation_lib.valuation.effects import Effect, effect
from curation_lib.valuation.resampled import resampled

OPTIMUM, UNIMAX, NATURAL = "optimum", "unimax", "natural"
TRAINED = (OPTIMUM, UNIMAX, NATURAL)


class ConfirmationSettings(Section):
    """The optimum, UniMax and natural are trained at the largest scale, `seeds` times each. alpha: one-sided, of the
    optimum's gain over UniMax. least: bits per byte; a smaller gain does not ship."""

    seeds: int = Field(default=5, ge=2)
    alpha: float = Field(default=0.01, gt=0, lt=0.5)
    least: float = Field(default=0.0, ge=0)
    draws: int = Field(default=2000, ge=200)


class Confirmed(NamedTuple):
    """over: how much less the optimum loses than each other mixture, bits per byte of the weighted targets. losses: of
    each seed, by mixture. ships: the gain over UniMax is above 0 outside of noise, and `least` at least."""

    over: Mapping[str, Effect]
    losses: Mapping[str, Sequence[float]]
    ships: bool


def confirmed(
    measured: Mapping[str, Sequence[Measured]], values: Mapping[str, float], settings: ConfirmationSettings
) -> Confirmed:
    """measured: by mixture of TRAINED, seed by seed. values: weights of measure sets."""
    weights = {name: value / sum(values.values()) for name, value in values.items()}
    arms = {name: Arm("candidate", name) for name in TRAINED}
    drawn = resampled({arms[name]: seeds for name, seeds in measured.items()}, settings.draws)
    over = {name: effect(drawn, arms[name], arms[OPTIMUM], weights, settings.alpha) for name in (UNIMAX, NATURAL)}
    losses = {
        name: [sum(weights[key] * one[key].per_byte for key in weights) for one in seeds]
        for name, seeds in measured.items()
    }
    gain = over[UNIMAX]
    return Confirmed(over, losses, gain.p < settings.alpha and gain.value >= settings.least)
