"""A valuation as one YAML file: is a candidate worth its tokens, to a model that has been trained on a base?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import NAME, Section
from curation_lib.valuation.arms import Arm, percent
from curation_lib.valuation.cost import CostSettings
from curation_lib.valuation.dose import VerdictSettings
from curation_lib.valuation.files import load_experiment
from curation_lib.valuation.model_settings import ModelSettings, Optimisation, require_trainable
from curation_lib.valuation.pool_settings import (
    MeasureSettings,
    PoolSettings,
    Sampled,
    TokenizerChoice,
    TrainedTokenizer,
)
from curation_lib.valuation.runs import Benchmarks, Part, Run

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

    @model_validator(mode="after")
    def _parts_fit(self) -> Valuation:
        require_trainable(self.model, self.optimisation, self.trunk_tokens, "trunk_tokens")
        if self.guard_part + self.placebo_part > 0.5:
            raise ValueError("guard_part and placebo_part take more than half of the base; lower one of them")
        if len({percent(share) for share in self.shares}) < len(self.shares):
            raise ValueError(f"shares {self.shares} name one twice, to a tenth of a percent; give each once")
        return self


def load_valuation(path: str | Path, environment: Mapping[str, str] | None = None) -> Valuation:
    """The valuation in a YAML file, see `load_experiment`."""
    return load_experiment(Valuation, "valuation", path, environment)


class Pools(NamedTuple):
    """Store keys. candidates, shuffled: by name; shuffled only where there are negatives. tokens: of each candidate's
    trainable part. measures: of measure sets, by name as `arms.Measured` has them. benchmarks: of every anneal."""

    base: str
    candidates: Mapping[str, str]
    shuffled: Mapping[str, str]
    tokens: Mapping[str, int]
    measures: Mapping[str, str]
    benchmarks: Benchmarks | None = None


def trunk_of(valuation: Valuation, pools: Pools) -> Run:
    """The run that all anneals start from: the base at a constant rate, weights and optimiser kept."""
    return Run(
        model=valuation.model,
        optimisation=valuation.optimisation,
        parts=(_base(valuation, pools, 1.0),),
        tokens=valuation.trunk_tokens,
        decay="none",
        measures={name: key for name, key in pools.measures.items() if name.startswith("guard/")},
        keep=True,
    )


def answering(trunk: Run, pools: Pools) -> Run | None:
    """The trunk as it is, answering benchmarks; None where there are none. A run of its own, so that trunk and
    leaderboards stay what they are where a valuation is given others."""
    if pools.benchmarks is None:
        return None
    changed = {"tokens": 0, "start": trunk.print, "measures": {}, "keep": False, "benchmarks": pools.benchmarks}
    return trunk.model_copy(update=changed)


def arms_of(valuation: Valuation, tokens: Mapping[str, int]) -> tuple[list[Arm], list[str]]:
    """All arms, and notes on shares that were lowered so that no candidate is read more than `max_epochs` times."""
    arms, notes = [Arm("control"), Arm("placebo", "", max(valuation.shares))], []
    for name in valuation.candidates:
        most = valuation.max_epochs * tokens[name] / valuation.anneal_tokens
        capped = [min(share, round(most, 4)) for share in sorted(valuation.shares)]
        shares = list({percent(share): share for share in reversed(capped)}.values())[::-1]
        if lowered := [percent(share) for share in valuation.shares if share > most]:
            notes.append(
                f"{name}: {tokens[name]:,} tokens, read {valuation.max_epochs:g} times at most, make {most:.1%} of an "
                f"anneal, not {' or '.join(lowered)}"
            )
        if not shares[0]:
            raise ConfigError(f"candidates.{name}: {tokens[name]} tokens are too few; lower anneal_tokens")
        arms += [Arm("candidate", name, share) for share in shares]
        arms += [Arm("negative", name, shares[-1])] if valuation.negative else []
    return arms, notes


def anneals_of(valuation: Valuation, pools: Pools, arms: Sequence[Arm], trunk: Run) -> dict[Arm, list[Run]]:
    """Every arm's runs, one per seed. No two of all runs see the same order of data: arms are not paired."""
    return {
        arm: [
            Run(
                model=valuation.model,
                optimisation=valuation.optimisation,
                parts=tuple(_parts(valuation, pools, arm)),
                tokens=valuation.anneal_tokens,
                start=trunk.print,
                seed=_seed(arm, valuation.seed, seed),
                measures=dict(pools.measures),
                benchmarks=pools.benchmarks,
            )
            for seed in range(valuation.seeds)
        ]
        for arm in arms
    }


def _seed(arm: Arm, of_all: int, seed: int) -> int:
    """By the arm's name, so that another candidate beside it changes no run of this one."""
    import zlib

    return zlib.crc32(f"{arm.label} {of_all} {seed}".encode())


def _parts(valuation: Valuation, pools: Pools, arm: Arm) -> list[Part]:
    base = _base(valuation, pools, 1 - arm.share)
    if arm.kind == "control":
        return [base]
    if arm.kind == "placebo":
        low = 1 - valuation.guard_part - valuation.placebo_part
        return [base, Part(pool=pools.base, share=arm.share, low=low, high=1 - valuation.guard_part)]
    pool = pools.candidates[arm.candidate] if arm.kind == "candidate" else pools.shuffled[arm.candidate]
    return [base, Part(pool=pool, share=arm.share)]


def _base(valuation: Valuation, pools: Pools, share: float) -> Part:
    return Part(pool=pools.base, share=share, high=1 - valuation.guard_part - valuation.placebo_part)
