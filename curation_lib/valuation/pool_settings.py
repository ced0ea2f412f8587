"""Where the documents of pools and measure sets come from, and which tokenizer reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Section
from curation_lib.core.recipe_stages import configured, stage_list
from curation_lib.core.registry import find, names
from curation_lib.core.stage import Bound, Source
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

    @model_validator(mode="after")
    def _source_reads(self) -> PoolSettings:
        if self.source is None and self.settings:
            raise ValueError(f"settings: {', '.join(self.settings)}: of which stage? name it as `source`")
        if taken := [name for name in ("paths", "source") if name in self.settings]:
            raise ValueError(f"settings: {taken[0]}: it stands beside settings; leave it out there")
        try:
            self.read_by()
        except ConfigError as e:
            raise ValueError(str(e)) from e
        return self

    def read_by(self) -> Bound | None:
        """The source that reads the paths, where one is named. Raises ConfigError for what is none, or wrong settings
        of it."""
        if self.source is None:
            return None
        if not isinstance(find(self.source), Source):
            raise ConfigError(f"source: {self.source} reads no files; name one of {', '.join(_sources())}")
        return configured(self.source, {"source": "input", "paths": self.paths, **self.settings}, "source")

    @field_validator("stages")
    @classmethod
    def _stages_are_known(cls, stages: list[Any]) -> list[Any]:
        try:
            for name, settings in stage_list(stages, "stages"):
                configured(name, settings, "stages")
        except ConfigError as e:
            raise ValueError(str(e)) from e
        return stages


def _sources() -> list[str]:
    return [name for name in names() if isinstance(find(name), Source)]


class Sampled(Section):
    """What of documents is measured. documents: at most so many, by the hashes of what they say. max_bytes: of each no
    more than its beginning."""

    documents: int = Field(default=200, ge=2)
    max_bytes: int = Field(default=4096, ge=64)


class MeasureSettings(PoolSettings, Sampled):
    """A measure set. Records (`source: sources.records`) count by their answers, prompts are given."""


class TrainedTokenizer(Section):
    """A byte-level BPE of `train` tokens, made from 250 of the base's documents for each of `megabytes`, about so much
    where they have 4 KB, and from no more than four times `megabytes`."""

    train: int = Field(ge=300, le=1 << 17)
    megabytes: int = Field(default=20, ge=1)


def _kind(value: Any) -> str:
    """Which of both is meant: what is wrong is then told of that one."""
    trained = isinstance(value, TrainedTokenizer) or (isinstance(value, Mapping) and "train" in value)
    return "trained" if trained else "named"


def _with_ids(choice: TrainedTokenizer | TokenizerSetting) -> TrainedTokenizer | TokenizerSetting:
    if isinstance(choice, TokenizerSetting) and not choice.has_ids:
        raise ValueError(f"{choice.name} only counts; name one with ids, or `train: 2048`")
    return choice


TokenizerChoice = Annotated[
    Annotated[TrainedTokenizer, Tag("trained")] | Annotated[TokenizerSetting, Tag("named")],
    Discriminator(_kind),
    AfterValidator(_with_ids),
]
