"""Where the documents of pools and measure sets come from, and which tokenizer reads them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from curation_lib.core.recipe import Section
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


class Sampled(Section):
    """What of documents is measured. documents: at most so many, by the hashes of what they say. max_bytes: of each no
    more than its beginning."""

    documents: int = Field(default=200, ge=2)
    max_bytes: int = Field(default=4096, ge=64)


class MeasureSettings(PoolSettings, Sampled):
    """A measure set. Records (`source: sources.records`) count by their answers, prompts are given."""


class TrainedTokenizer(Section):
    """A byte-level BPE of `train` tokens, made from the base's documents (at most `megabytes` of them)."""

    train: int = Field(ge=300, le=1 << 17)
    megabytes: int = Field(default=20, ge=1)


TokenizerChoice = TrainedTokenizer | TokenizerSetting
