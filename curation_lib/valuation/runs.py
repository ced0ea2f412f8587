"""A run: one training of one model on a mixture of pools, and what it measured. Every experiment is a list of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint, library_versions
from curation_lib.core.recipe import Section
from curation_lib.valuation.model_settings import ModelSettings, Optimisation

VERSION = 3
"""Bump when the same run would come to other numbers."""
LIBRARIES = ("numpy", "torch", "transformers")
HARNESS = ("datasets", "lm-eval")
"""What answers benchmarks."""
_WHERE = {"checkpoint_tokens"}
"""Settings that shape no number."""


class Part(Section):
    """A share of a run's tokens, out of the pool at store key `pool`. low, high: only documents whose hash of what they
    say lies in that part of [0, 1), so that parts are apart whatever the seed. tokens: only the first so many of these,
    in the pool's own pseudo-random order, the last document cut; null takes all. What is smaller than its share is read
    again."""

    pool: str
    share: float = Field(gt=0, le=1)
    low: float = Field(default=0.0, ge=0, lt=1)
    high: float = Field(default=1.0, gt=0, le=1)
    tokens: int | None = Field(default=None, ge=1)


class Benchmarks(Section):
    """Questions that a run's model answers when it is trained. tasks: store keys of tasks by name. tokenizer: store key
    of a tokenizer.json. items: of each task the first so many; null takes all."""

    tasks: dict[str, str] = Field(min_length=1)
    tokenizer: str
    items: int | None = None


class Run(Section):
    """start: fingerprint of the run whose weights and optimiser this one continues; null begins from scratch.
    tokens: trained on, rounded to whole steps; 0 leaves the start as it is. decay: `none` stays at the peak learning
    rate; `linear` goes to zero over the run. seed: of the order of data alone; the first weights are `model.seed`'s.
    measures: store keys of measure sets by name. keep: leave weights and optimiser in the store, so that others can
    start from them; `weights` leaves those alone, for runs of no tokens: a third of the bytes."""

    model: ModelSettings
    optimisation: Optimisation
    parts: tuple[Part, ...] = Field(min_length=1)
    tokens: int = Field(ge=0)
    decay: Literal["none", "linear"] = "linear"
    start: str | None = None
    seed: int = Field(default=0, ge=0)
    measures: dict[str, str] = Field({})
    keep: bool | Literal["weights"] = False
    benchmarks: Benchmarks | None = None

    @property
    def print(self) -> str:
        """What names the run in a store: the hash of all that shapes its numbers."""
        told = self.model_dump(mode="json", exclude={"optimisation": _WHERE})
        if self.optimisation.devices > 1 and self.optimisation.micro_sequences is not None:
            told["gradients"] = "summed over devices once a step"  # once a piece, before; rounding differs
        libraries: tuple[str, ...] = LIBRARIES
        if self.benchmarks is None:
            del told["benchmarks"]  # what was trained before there were any keeps its name
        else:
            libraries += HARNESS
        return fingerprint([VERSION, told, _installed(libraries)])

    @property
    def steps(self) -> int:
        return self.optimisation.steps(self.tokens)


def _installed(libraries: Sequence[str]) -> Mapping[str, str]:
    """Versions of what trains. Raises ConfigError, with the remedy, where one is not installed."""
    try:
        return library_versions(libraries)
    except PackageNotFoundError as e:
        raise ConfigError(
            f"training takes {', '.join(libraries)}, and {e.name} is not installed here: `make setup-train`, or pip "
            "install -r requirements-train.txt, on every machine that plans or trains"
        ) from e


class Losses(NamedTuple):
    """What a model made of a measure set. bits: float64[documents], minus log2 of each document's probability; bytes:
    int64[documents], UTF-8 bytes that were predicted."""

    bits: npt.NDArray[np.float64]
    bytes: npt.NDArray[np.int64]

    @property
    def per_byte(self) -> float:
        """Bits per byte over the set: all bits over all bytes."""
        return float(self.bits.sum() / self.bytes.sum())


class Answers(NamedTuple):
    """What a model came to on a task. metrics: by name, `acc` and what else the task's file asks for, with
    `…_stderr`. items: how many. chance: the accuracy of guessing, or of always choosing the same place."""

    metrics: Mapping[str, float]
    items: int
    chance: float


class RunResult(NamedTuple):
    """losses: by name of the measure set. epochs: how often each pool was gone through, by its key. flops: of training.
    seconds: of training and of measuring, on the machine that did it; no part of the result's identity."""

    print: str
    losses: Mapping[str, Losses]
    epochs: Mapping[str, float]
    tokens: int
    flops: float
    seconds: Mapping[str, float]
    curve: tuple[tuple[int, float], ...] = ()
    """(tokens, training loss in nats per token), some twenty points."""
    answers: Mapping[str, Answers] = {}
    """By task; none where the run has no benchmarks."""


def as_json(result: RunResult) -> dict[str, Any]:
    """JSON-ready, without seconds; without answers where there are none."""
    losses = {k: {"bits": v.bits.tolist(), "bytes": v.bytes.tolist()} for k, v in result.losses.items()}
    told = {**result._asdict(), "losses": losses, "epochs": dict(result.epochs), "seconds": {}}
    answers = {name: one._asdict() for name, one in told.pop("answers").items()}
    return {**told, "answers": answers} if answers else told


def from_json(told: Mapping[str, Any], seconds: Mapping[str, float]) -> RunResult:
    """The other way round."""
    losses = {
        name: Losses(np.asarray(one["bits"], np.float64), np.asarray(one["bytes"], np.int64))
        for name, one in told["losses"].items()
    }
    curve = tuple((int(tokens), float(loss)) for tokens, loss in told["curve"])
    answers = {name: Answers(**one) for name, one in told.get("answers", {}).items()}
    return RunResult(**{**told, "losses": losses, "seconds": seconds, "curve": curve, "answers": answers})
