"""A sweep of filter rates: the same corpus, of which more or less is kept, at equal tokens and several sizes of models.

Keeping a twentieth means reading it twenty times as often, so what is best depends on how long one trains (Goyal et al.
2024, arXiv 2404.07177). A proxy run has the epochs of the run that it stands for (see `proxy`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import Field, field_validator

from curation_lib.core.recipe import Section
from curation_lib.valuation.proxy import Scale, cut, matched_tokens
from curation_lib.valuation.runs import Run

LEAST_RATES = 3
"""A best rate is that of a parabola."""


class SweepSettings(Section):
    """rates: shares of the corpus's text that are kept, the best by score. seeds: data orders of each rate at each
    scale, independent of each other. draws: of the bootstrap. alpha: two-sided, of intervals and of the claim."""

    rates: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    seeds: int = Field(default=3, ge=2)
    draws: int = Field(default=2000, ge=200)
    alpha: float = Field(default=0.05, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)

    @field_validator("rates")
    @classmethod
    def _several(cls, rates: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(rates)) != len(rates) or len(rates) < LEAST_RATES:
            raise ValueError(f"{len(rates)} rates: give {LEAST_RATES} different ones or more")
        if wrong := [rate for rate in rates if not 0 < rate <= 1]:
            raise ValueError(f"{wrong[0]:g} is no share of a corpus: above 0, at most 1")
        return tuple(sorted(rates))


class Kept(NamedTuple):
    """What one rate keeps. pool: store key of its documents, and how many tokens these have."""

    rate: float
    pool: str
    documents: int
    tokens: int


class Cell(NamedTuple):
    """One run of the sweep: which rate at which scale."""

    rate: float
    scale: int
    run: Run


def sweep(
    kept: Sequence[Kept],
    scales: Sequence[Scale],
    target_tokens: int,
    measures: Mapping[str, str],
    settings: SweepSettings,
) -> list[Cell]:
    """Every rate at every scale with every seed. Seeds differ between all runs of a scale, and with them the documents
    that a rate is cut down to."""
    return [
        Cell(one.rate, n, _run(one, scale, target_tokens, measures, settings, repeat, place))
        for n, scale in enumerate(scales)
        for repeat in range(settings.seeds)
        for place, one in enumerate(kept)
    ]


def _run(
    kept: Kept,
    scale: Scale,
    target_tokens: int,
    measures: Mapping[str, str],
    settings: SweepSettings,
    repeat: int,
    place: int,
) -> Run:
    tokens = matched_tokens(kept.tokens, scale.tokens, target_tokens, scale.model.sequence_length)
    return Run(
        model=scale.model,
        optimisation=scale.optimisation,
        parts=(cut(kept, 1.0, tokens, repeat, settings.seeds),),
        tokens=scale.tokens,
        seed=settings.seed + repeat * len(settings.rates) + place,
        measures=dict(measures),
    )
