"""Settings of a fastText classifier's training, and published ones by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import validated
from curation_lib.text.classifier_lines import Form


class ClassifierSettings(StageConfig):
    """text: form of the texts, see `text/classifier_lines.py`. word_ngrams to loss: fastText's own parameters, with its
    defaults. seed: of fastText, of the split and of the order. held_out: share of each label's documents that is
    measured with, never trained on. max_documents: of each label, at most; null takes all."""

    text: Form = "lines"
    word_ngrams: int = Field(1, ge=1, le=8)
    dim: int = Field(100, ge=1, le=1000)
    epoch: int = Field(5, ge=1, le=1000)
    lr: float = Field(0.1, gt=0, le=10)
    min_count: int = Field(1, ge=1)
    minn: int = Field(0, ge=0, le=32)
    maxn: int = Field(0, ge=0, le=32)
    bucket: int = Field(2_000_000, ge=1)
    loss: Literal["softmax", "hs", "ns", "ova"] = "softmax"
    seed: int = Field(0, ge=0, lt=2**31)
    held_out: float = Field(0.2, gt=0, lt=1)
    max_documents: int | None = Field(None, ge=2)

    def parameters(self) -> dict[str, Any]:
        """For fastText. One thread: several race for the same weights, and no run would give the same bytes again."""
        named = {"wordNgrams": self.word_ngrams, "minCount": self.min_count}
        same = self.model_dump(include={"dim", "epoch", "lr", "minn", "maxn", "bucket", "loss", "seed"})
        return {**named, **same, "thread": 1, "verbose": 0}


_FASTTEXT: dict[str, Any] = {"dim": 100, "epoch": 5, "lr": 0.1, "min_count": 1, "loss": "softmax"}
"""fastText's defaults for classifiers (fasttext.cc/docs/en/options.html)."""
PRESETS: dict[str, dict[str, Any]] = {
    "dclm": {**_FASTTEXT, "word_ngrams": 2, "text": "lines"},
    "dclm_unigrams": {**_FASTTEXT, "word_ngrams": 1, "text": "lines"},
    "folded": {**_FASTTEXT, "word_ngrams": 2, "text": "words"},
}
"""dclm: Li et al. 2024 (arXiv 2406.11794), fastText's defaults over words and word pairs, texts as their scorer gives
them; dclm_unigrams: without pairs. folded: the same where case and signs shall not count."""


def classifier_settings(preset: str, changes: Mapping[str, Any]) -> ClassifierSettings:
    """The preset's settings with `changes`. ConfigError names a wrong key or value."""
    if preset not in PRESETS:
        raise ConfigError(f"--preset {preset!r}: presets are {', '.join(PRESETS)}")
    settings: ClassifierSettings = validated(ClassifierSettings, {**PRESETS[preset], **changes}, "--set")
    return settings
