"""What a sweep of filter rates is: a corpus, the filter whose score ranks it, and runs that tell which rate is best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import NAME, Section
from curation_lib.core.recipe_stages import configured
from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Filter
from curation_lib.valuation.cost import CostSettings
from curation_lib.valuation.files import load_experiment
from curation_lib.valuation.mixture_search import TARGET, Target, growing
from curation_lib.valuation.pool_settings import PoolSettings, TokenizerChoice, TrainedTokenizer
from curation_lib.valuation.proxy import Scale
from curation_lib.valuation.sweep import SweepSettings


class Ranking(Section):
    """filter: the stage whose score orders documents, with its settings. column: of its scores. best: which end of it.
    Documents without a score come last."""

    filter: str
    settings: dict[str, Any] = Field(default={})
    column: str
    best: Literal["highest", "lowest"] = "highest"

    @model_validator(mode="after")
    def _scores(self) -> Ranking:
        try:
            self.bound()
        except ConfigError as e:
            raise ValueError(str(e)) from e
        return self

    def bound(self) -> Bound:
        """The filter with its settings. Raises ConfigError for a stage that is none, or wrong settings of it."""
        if not isinstance(find(self.filter), Filter):
            raise ConfigError(f"filter: {self.filter} has no scores; name a filter, e.g. filters.density")
        return configured(self.filter, self.settings, "filter")


class FilterSweep(Section):
    """One YAML file. target_tokens: of the run that the sweep stands for; null: as many as the corpus has, so that a
    rate of 1 is one epoch. scales: the smaller model first, two or more. cost: prices; they shape no answer."""

    sweep: str = Field(pattern=NAME)
    description: str = ""
    corpus: PoolSettings
    ranking: Ranking
    tokenizer: TokenizerChoice = TrainedTokenizer(train=2048, megabytes=20)
    targets: dict[Annotated[str, Field(pattern=NAME)], Target] = Field(min_length=1)
    target_tokens: int | None = Field(default=None, ge=1)
    settings: SweepSettings = SweepSettings()
    scales: Annotated[tuple[Scale, ...], BeforeValidator(tuple)] = Field(min_length=2)
    cost: CostSettings = CostSettings()

    @field_validator("scales")
    @classmethod
    def _growing(cls, scales: tuple[Scale, ...]) -> tuple[Scale, ...]:
        return growing(scales)

    def values(self) -> dict[str, float]:
        """What each measure set is worth, by its name."""
        return {f"{TARGET}/{name}": one.value for name, one in self.targets.items()}


def load_sweep(path: str | Path, environment: Mapping[str, str] | None = None) -> FilterSweep:
    """The sweep in a YAML file, see `load_experiment`."""
    return load_experiment(FilterSweep, "sweep", path, environment)
