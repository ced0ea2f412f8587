"""Where the documents of pools and measure sets come from, and which tokenizer reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Section, configured, stage_list
from curation_lib.core.registry import find
from curation_lib.text.tokenizers.settings import TokenizerSetting

Paths = Annotated[
    list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given), Field(min_length=1)
]


class PoolSettings(Section):
    """paths: files, folders, globs, URLs or a dataset, one or a list. source: the stage that reads them, by the names
    of the files where null; settings: of that stage. stages: as a recipe's, over the documents."""

    paths: Paths
    source: str | None = None
    settings: dict[str, Any] = Field(default={})
    stages: list[str | dict[str, dict[str, Any] | None]] = Field([])

    @field_validator("source")
    @classmethod
    def _source_is_known(cls, name: str | None) -> str | None:
        return name if name is None else known(name)

    @field_validator("stages")
    @classmethod
    def _stages_are_known(cls, stages: list[Any]) -> list[Any]:
        try:
            for name, settings in stage_list(stages, "stages"):
                configured(name, settings, "stages")
        except ConfigError as e:
            raise ValueError(str(e)) from e
        return stages


def known(name: str) -> str:
    """The name of a stage; ValueError, with the nearest ones, for that of none."""
    try:
        return find(name).name
    except ConfigError as e:
        raise ValueError(str(e)) from e


class Sampled(Section):
    """What of documents is measured. documents: at most so many, by the hashes of what they say. max_bytes: of each no
    more than its beginning."""

    documents: int = Field(default=200, ge=2)
    max_bytes: int = Field(default=4096, ge=64)


class MeasureSettings(PoolSettings, Sampled):
    """A measure set. Records (`source: sources.records`) count by their answers, prompts are given."""


class TrainedTokenizer(Section):
    """A byte-level BPE of `train` tokens, made from 250 of the base's documents for each of `megabytes`: about so much
    where they have 4 KB."""

    train: int = Field(ge=300, le=1 << 17)
    megabytes: int = Field(default=20, ge=1)


def _kind(value: Any) -> str:
    """Which of both is meant: what is wrong is then told of that one."""
    trained = isinstance(value, TrainedTokenizer) or (isinstance(value, Mapping) and "train" in value)
    return "trained" if trained else "named"


TokenizerChoice = Annotated[
    Annotated[TrainedTokenizer, Tag("trained")] | Annotated[TokenizerSetting, Tag("named")], Discriminator(_kind)
]
