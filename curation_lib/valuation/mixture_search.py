"""What a search for a mixture is: sources, what is to become better, the run that it is for, and the swarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import NAME, Section
from curation_lib.valuation.confirmation import ConfirmationSettings
from curation_lib.valuation.cost import CostSettings
from curation_lib.valuation.files import load_experiment
from curation_lib.valuation.pool_settings import MeasureSettings, PoolSettings, TokenizerChoice, TrainedTokenizer
from curation_lib.valuation.proxy import Scale
from curation_lib.valuation.swarm import SwarmSettings

TARGET, HELD_OUT = "target", "held_out"
"""What names of measure sets begin with."""


class SearchSource(PoolSettings):
    """tokens: that there are for the target run, where `paths` hold a sample only; null: as many as they hold. license:
    SPDX, for caps on licences."""

    tokens: int | None = Field(default=None, ge=1)
    license: str = "unknown"


class Target(MeasureSettings):
    """Texts that are to be predicted well, of other sources than those that are mixed. value: beside other targets."""

    value: float = Field(default=1.0, gt=0)


class HeldOut(Section):
    """The part of every source that no run is trained on. values: of sources whose part is a target, too."""

    share: float = Field(default=0.02, gt=0, lt=0.5)
    documents: int = Field(default=200, ge=2)
    max_bytes: int = Field(default=4096, ge=64)
    values: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})


class TargetRun(Section):
    """The run that the mixture is for. parameters: of its model, for a mixture that drifts with scale. max_epochs: no
    source is read more often."""

    tokens: int = Field(ge=1)
    parameters: int | None = Field(default=None, ge=1)
    max_epochs: float = Field(default=4.0, gt=0)


class MixtureLimits(Section):
    """kl: nats from natural at most; kl_penalty: loss per nat, instead; without either as far as half of the runs are.
    license_caps: the most that licences (globs; the first that matches counts) may make up."""

    kl: float | None = Field(default=None, gt=0)
    kl_penalty: float = Field(default=0.0, ge=0)
    license_caps: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default={})

    @model_validator(mode="after")
    def _one_of_them(self) -> MixtureLimits:
        if self.kl is not None and self.kl_penalty:
            raise ValueError("kl and kl_penalty: give one of them")
        return self


class MixtureSearch(Section):
    """One YAML file in `dags/searches/`. scales: the smaller model first; three or more tell whether the best mixture
    moves with scale. draws: of runs, for intervals of the fit. cost: prices; they shape no answer."""

    search: str = Field(pattern=NAME)
    description: str = ""
    sources: dict[Annotated[str, Field(pattern=NAME)], SearchSource] = Field(min_length=2)
    tokenizer: TokenizerChoice = TrainedTokenizer(train=2048, megabytes=20)
    targets: dict[Annotated[str, Field(pattern=NAME)], Target] = Field(default={})
    held_out: HeldOut = HeldOut()
    target_run: TargetRun
    limits: MixtureLimits = MixtureLimits()
    swarm: SwarmSettings = SwarmSettings()
    scales: Annotated[tuple[Scale, ...], BeforeValidator(tuple)] = Field(min_length=1)
    confirmation: ConfirmationSettings = ConfirmationSettings()
    draws: int = Field(default=200, ge=20)
    cost: CostSettings = CostSettings()

    @field_validator("scales")
    @classmethod
    def _growing(cls, scales: tuple[Scale, ...]) -> tuple[Scale, ...]:
        return growing(scales)

    @model_validator(mode="after")
    def _aims(self) -> MixtureSearch:
        if not self.values():
            raise ValueError("nothing is to become better: name texts under targets, or sources under held_out.values")
        if unknown := [name for name in self.held_out.values if name not in self.sources]:
            raise ValueError(f"held_out.values: {unknown[0]} is no source; those are {', '.join(self.sources)}")
        licenses = [source.license for source in self.sources.values()]
        if idle := [glob for glob in self.limits.license_caps if not any(fnmatchcase(one, glob) for one in licenses)]:
            raise ValueError(f"limits.license_caps: no source has a license like {idle[0]}; write `license` of sources")
        return self

    def values(self) -> dict[str, float]:
        """What each measure set is worth, by its name."""
        named = {f"{TARGET}/{name}": one.value for name, one in self.targets.items()}
        return named | {f"{HELD_OUT}/{name}": value for name, value in self.held_out.values.items()}


def load_search(path: str | Path, environment: Mapping[str, str] | None = None) -> MixtureSearch:
    """The search in a YAML file, see `load_experiment`."""
    return load_experiment(MixtureSearch, "search", path, environment)


def growing(scales: tuple[Scale, ...]) -> tuple[Scale, ...]:
    """The scales; ValueError unless each model is larger than the one before, embeddings aside; see `sizes_of`."""
    sizes = [scale.model.body_parameters() for scale in scales]
    if any(one >= other for one, other in pairwise(sizes)):
        raise ValueError("scales: write the smaller model first, and each size once")
    return scales


def sizes_of(scales: Sequence[Scale], vocabulary: int) -> tuple[int, ...]:
    """Parameters of each scale's model, embeddings of `vocabulary` tokens among them: what laws are fitted on. Raises
    ConfigError unless each is larger than the one before; the last would else not be the largest."""
    sizes = tuple(scale.model.parameters(vocabulary) for scale in scales)
    for n, (one, other) in enumerate(pairwise(sizes), 1):
        if one >= other:
            raise ConfigError(
                f"scales: with embeddings of the tokenizer's {vocabulary:,} tokens model {n} of hidden "
                f"{scales[n - 1].model.hidden} has {one:,} parameters and model {n + 1} of hidden "
                f"{scales[n].model.hidden} {other:,}; give the later one a larger `hidden`, or take fewer tokens"
            )
    return sizes
