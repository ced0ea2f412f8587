"""A proxy run: a small model trained on a mixture, with the repetition of the run that it stands for.

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
from curation_lib.valuation.model_settings import ModelSettings, Optimisation, require_trainable
from curation_lib.valuation.runs import Part, Run

Floats = npt.NDArray[np.float64]
PLENTY = 1.5
"""How many times as much as is wanted a turn's documents hold on average, for the hashes do not divide them evenly."""
MANY = 20
"""Documents that a turn has at least, on average."""


class Scale(Section):
    """One size of model. tokens: of each of its runs. mixtures: only the first so many that are drawn; null: all."""

    model: ModelSettings
    optimisation: Optimisation = Optimisation()
    tokens: int = Field(ge=1)
    mixtures: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _trains(self) -> Scale:
        require_trainable(self.model, self.optimisation, self.tokens, "tokens")
        return self


class Source(NamedTuple):
    """pool: store key of its documents, and how many tokens that holds. held: tokens that there are for the target
    run."""

    name: str
    pool: str
    documents: int
    tokens: int
    held: int


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
            cut(source, share, matched(source, share, scale, target_tokens), turn, turns) for source, share in shares
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


def matched(source: Source, share: float, scale: Scale, target_tokens: int) -> int:
    """To how many tokens a source is cut down for a run of which it is `share`. Raises ConfigError where it has fewer
    and the run would read them more often than the target run does."""
    wanted = matched_tokens(source.held, scale.tokens, target_tokens, scale.model.sequence_length)
    if wanted > source.tokens and share * scale.tokens > source.tokens:
        raise ConfigError(
            f"sources.{source.name}: {source.tokens:,} tokens, where a proxy run of {scale.tokens:,} reads "
            f"{round(share * scale.tokens):,}, of {wanted:,} to repeat none too often; give more of its text, or runs "
            "of fewer tokens"
        )
    return wanted
