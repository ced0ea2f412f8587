"""A swarm of proxy runs: mixtures drawn around natural, each trained at every scale, with the target run's repetition.

Mixtures are drawn as RegMix draws them (Liu et al. 2024, arXiv 2407.01492, and its code): from Dirichlet distributions
around the natural mixture, smoothed by a temperature, with strengths spread evenly over logarithms.

A proxy run is far shorter than the run that it stands for, so with all of a source it would read no document twice
where that run reads it ten times. Each source is therefore cut down to its tokens * proxy tokens / target tokens: a
share then means as many epochs in the proxy run as in the target run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Section
from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.runs import Part, Run

Floats = npt.NDArray[np.float64]
TRIES = 10_000
"""Draws of one mixture until one is within bounds."""
PLENTY = 1.5
"""How many times as much as is wanted a turn's documents hold on average, for the hashes do not divide them evenly."""
MANY = 20
"""Documents that a turn has at least, on average."""
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


class Scale(Section):
    """One size of model. tokens: of each of its runs. mixtures: only the first so many that are drawn; null: all."""

    model: ModelSettings
    optimisation: Optimisation = Optimisation()
    tokens: int = Field(ge=1)
    mixtures: int | None = Field(default=None, ge=1)


class Source(NamedTuple):
    """pool: store key of its documents, and how many tokens that holds. held: tokens that there are for the target
    run."""

    name: str
    pool: str
    documents: int
    tokens: int
    held: int


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
        "raise the smaller of swarm.strengths, or lower target.tokens"
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


def proxy_run(
    weights: Floats,
    sources: Sequence[Source],
    scale: Scale,
    target_tokens: int,
    measures: Mapping[str, str],
    seed: int,
    turn: int = 0,
    turns: int = 1,
) -> Run:
    """The run of one mixture at one scale; sources without a share are no part of it. turn, turns: repeats are given
    different documents where there are enough, since few make up what a proxy run repeats.

    Raises ConfigError where a source has fewer tokens than it takes for the target run's repetition.
    """
    shares = [(source, float(share)) for source, share in zip(sources, weights, strict=True) if share > 0]
    return Run(
        model=scale.model,
        optimisation=scale.optimisation,
        parts=tuple(
            cut(source, share, _matched(source, share, scale, target_tokens), turn, turns) for source, share in shares
        ),
        tokens=scale.tokens,
        seed=seed,
        measures=dict(measures),
    )


def matched_tokens(held: int, proxy_tokens: int, target_tokens: int, sequence_length: int) -> int:
    """To how many tokens a source is cut down: at least a sequence of the model, however short the runs are."""
    return max(sequence_length, round(held * proxy_tokens / target_tokens))


class Counted(Protocol):
    """A pool's store key, and what it holds."""

    @property
    def pool(self) -> str: ...
    @property
    def documents(self) -> int: ...
    @property
    def tokens(self) -> int: ...


def cut(held: Counted, share: float, wanted: int, turn: int, turns: int) -> Part:
    """The part of a run out of a pool, cut down to `wanted` tokens: of the turn's own documents where every turn has
    plenty."""
    tokens = min(wanted, held.tokens)
    if turns * PLENTY * tokens > held.tokens or turns * MANY > held.documents:
        return Part(pool=held.pool, share=share, tokens=tokens)
    return Part(pool=held.pool, share=share, tokens=tokens, low=turn / turns, high=(turn + 1) / turns)


def _matched(source: Source, share: float, scale: Scale, target_tokens: int) -> int:
    wanted = matched_tokens(source.held, scale.tokens, target_tokens, scale.model.sequence_length)
    if wanted > source.tokens and share * scale.tokens > source.tokens:
        raise ConfigError(
            f"sources.{source.name}: {source.tokens:,} tokens, where a proxy run of {scale.tokens:,} reads "
            f"{round(share * scale.tokens):,}, of {wanted:,} to repeat none too often; give more of its text, or runs "
            "of fewer tokens"
        )
    return wanted
