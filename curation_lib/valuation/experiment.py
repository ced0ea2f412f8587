"""A valuation as one YAML file: is a candidate worth its tokens, to a model that has been trained on a base?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from curation_lib.core.recipe import NAME, Section
from curation_lib.valuation.arms import UNNAMED, percent
from curation_lib.valuation.cost import CostSettings
from curation_lib.valuation.dose import VerdictSettings
from curation_lib.valuation.files import load_experiment
from curation_lib.valuation.model_settings import ModelSettings, Optimisation, require_a_step, require_trainable
from curation_lib.valuation.pool_settings import (
    MeasureSettings,
    PoolSettings,
    Sampled,
    TokenizerChoice,
    TrainedTokenizer,
)

Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=NAME)]


class Valuation(Section):
    """base: what the trunk is trained on; of its documents `guard_part` are kept to measure with (unless `guards` names
    others) and `placebo_part` to be the placebo. candidates: by name; of each `unseen_part` is never trained on.
    targets: measure sets from other sources than the candidates; tasks: prompts with answers. trunk_tokens,
    anneal_tokens: of each. shares: of a candidate in an anneal. seeds: of each arm; `seed` gives them other orders of
    data. negative: train on each candidate's words shuffled, too, at the largest share. max_epochs: a candidate is read
    no more often, its share is lowered. benchmarks: task files of lm-evaluation-harness over local data, which trunk
    and anneals answer; benchmark_items: the first so many of each, null takes all. They decide nothing."""

    valuation: str = Field(pattern=NAME)
    description: str = ""
    base: PoolSettings
    candidates: dict[Name, PoolSettings] = Field(min_length=1)
    targets: dict[Name, MeasureSettings] = Field(min_length=1)
    guards: dict[Name, MeasureSettings] = Field(default={})
    tasks: dict[Name, MeasureSettings] = Field(default={})
    tokenizer: TokenizerChoice = TrainedTokenizer(train=2048)
    model: ModelSettings = ModelSettings()
    optimisation: Optimisation = Optimisation()
    trunk_tokens: int = Field(ge=1)
    anneal_tokens: int = Field(ge=1)
    shares: list[Share] = Field([0.1, 0.3], min_length=1)
    seeds: int = Field(default=5, ge=2)
    seed: int = Field(default=0, ge=0)
    negative: bool = True
    max_epochs: float = Field(default=4.0, gt=0)
    guard_part: Share = 0.05
    placebo_part: Share = 0.15
    unseen_part: Share = 0.1
    measured: Sampled = Sampled()
    verdict: VerdictSettings = VerdictSettings()
    cost: CostSettings = CostSettings()
    benchmarks: list[str] = Field(default=[])
    benchmark_items: int | None = Field(default=None, ge=2)

    @field_validator("candidates")
    @classmethod
    def _names_are_free(cls, candidates: dict[str, PoolSettings]) -> dict[str, PoolSettings]:
        if taken := [name for name in candidates if name in UNNAMED]:
            raise ValueError(f"{taken[0]} is what every valuation calls an arm without a candidate; name it otherwise")
        return candidates

    @model_validator(mode="after")
    def _answers(self) -> Valuation:
        if self.benchmarks and not isinstance(self.tokenizer, TrainedTokenizer) and self.tokenizer.path is None:
            raise ValueError(
                f"benchmarks: they need a tokenizer.json, and tokenizer is {self.tokenizer.name}; name one by path"
            )
        return self

    @model_validator(mode="after")
    def _trains(self) -> Valuation:
        require_trainable(self.model, self.optimisation, self.trunk_tokens, "trunk_tokens")
        require_a_step(self.optimisation, self.anneal_tokens, "anneal_tokens")
        if min(self.shares) * self.sequences < 1:
            raise ValueError(
                f"shares: {percent(min(self.shares))} of an anneal of {self.sequences} sequences is less than one of "
                "them, so that nothing of a candidate is trained on; raise it or anneal_tokens"
            )
        return self

    @model_validator(mode="after")
    def _parts_fit(self) -> Valuation:
        if self.guard_part + self.placebo_part > 0.5:
            raise ValueError("guard_part and placebo_part take more than half of the base; lower one of them")
        if len({percent(share) for share in self.shares}) < len(self.shares):
            raise ValueError(f"shares {self.shares} name one twice, to a tenth of a percent; give each once")
        return self

    @property
    def sequences(self) -> int:
        """Of an anneal, its tokens rounded to whole steps."""
        tokens = self.optimisation.steps(self.anneal_tokens) * self.optimisation.batch_tokens
        return tokens // self.model.sequence_length


def load_valuation(path: str | Path, environment: Mapping[str, str] | None = None) -> Valuation:
    """The valuation in a YAML file, see `load_experiment`."""
    return load_experiment(Valuation, "valuation", path, environment)
