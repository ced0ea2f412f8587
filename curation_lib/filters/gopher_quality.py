"""`filters.gopher_quality`: the quality rules of Gopher (Rae et al. 2021, A1.1), in four dialects.

Scores (no words or lines: 0): `words`, `stop_words` int64; float64: ratios and lengths. Which ones, and what they
count, is the dialect's (see README.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal
from unicodedata import category

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.dialects import DialectConfig, Thresholds, libraries, shared_pass
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.dialect_counts import DialectCounts, divided
from curation_lib.text.segments import SEGMENTS
from curation_lib.text.statistics import STOP_WORDS, Statistics

_COMMON = {
    "min_words": 50, "max_words": 100_000, "max_bullet_line_ratio": 0.9, "max_ellipsis_line_ratio": 0.3,
    "min_alphabetic_word_ratio": 0.8, "min_stop_words": 2,
}  # fmt: skip
_MEAN = {"min_mean_word_length": 3.0, "max_mean_word_length": 10.0}
_MEDIAN = {"min_median_word_length": 3.0, "max_median_word_length": 10.0}


class GopherQualityConfig(DialectConfig):
    """`stop_words`: words that running text of the language holds, as written (DCLM: in any case).
    A threshold of null turns its rule off."""

    thresholds: ClassVar[Thresholds] = {
        "datatrove": {**_COMMON, **_MEAN, "max_hash_ratio": 0.1, "max_ellipsis_ratio": 0.1},
        "dolma": {**_COMMON, **_MEDIAN, "max_symbol_ratio": 0.1},
        "dclm": {**_COMMON, **_MEAN, "max_symbol_ratio": 0.1},
        "curator": {**_COMMON, **_MEAN, "max_symbol_ratio": 0.1, "max_non_alphanumeric_ratio": 0.25},
    }

    dialect: Literal["datatrove", "dolma", "dclm", "curator"] = measure("datatrove")
    stop_words: tuple[str, ...] = measure(STOP_WORDS)
    min_words: int | None = keep(50)
    max_words: int | None = keep(100_000)
    min_mean_word_length: float | None = keep(3.0)
    max_mean_word_length: float | None = keep(10.0)
    min_median_word_length: float | None = keep(None)
    max_median_word_length: float | None = keep(None)
    max_hash_ratio: float | None = keep(0.1)
    max_ellipsis_ratio: float | None = keep(0.1)
    max_symbol_ratio: float | None = keep(None)
    max_bullet_line_ratio: float | None = keep(0.9)
    max_ellipsis_line_ratio: float | None = keep(0.3)
    min_alphabetic_word_ratio: float | None = keep(0.8)
    min_stop_words: int | None = keep(2)
    max_non_alphanumeric_ratio: float | None = keep(None)

    @field_validator("stop_words")
    @classmethod
    def _one_word_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:  # no kernel here: settings are checked wherever a recipe is read
            if not word or any(category(c)[0] not in "LNM" for c in word):
                raise ValueError(f"{word!r} is not one word")
        return value


def measure_quality(batch: pa.RecordBatch, config: GopherQualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s = context.statistics
    if config.stop_words != STOP_WORDS:
        s = shared_pass(config)(batch, stop_words=config.stop_words)
    return pa.RecordBatch.from_pydict(_SCORES[config.dialect](s))


def _datatrove(s: Statistics) -> dict[str, Any]:
    return {
        "words": s.rows["symbol_free_words"],
        "mean_word_length": s.ratio("symbol_free_characters", "symbol_free_words"),
        "hash_ratio": s.ratio("hashes", "words"),
        "ellipsis_ratio": s.ratio("ellipses", "words"),
        "bullet_line_ratio": s.ratio("bullet_lines", "lines"),
        "ellipsis_line_ratio": s.ratio("ellipsis_lines", "lines"),
        "alphabetic_word_ratio": s.ratio("alphabetic_words", "words"),
        "stop_words": s.rows["stop_words"],
    }


def _common(s: DialectCounts, words: str = "words") -> dict[str, Any]:
    """What the other three measure alike, each by its own counts."""
    lines = s.lines[:, SEGMENTS]
    return {
        "words": s.rows[words],
        "symbol_ratio": s.ratio("symbols", "words"),
        "bullet_line_ratio": divided(s.rows["bullet_lines"], lines),
        "ellipsis_line_ratio": divided(s.rows["ellipsis_lines"], lines),
        "alphabetic_word_ratio": s.ratio("letter_words", "words"),
        "stop_words": s.rows["stop_words"],
    }


def _dolma(s: DialectCounts) -> dict[str, Any]:
    return {**_common(s), "median_word_length": s.rows["twice_median"] / 2}


def _dclm(s: DialectCounts) -> dict[str, Any]:
    return {**_common(s, "counted_words"), "mean_word_length": s.ratio("word_characters", "words")}


def _curator(s: DialectCounts) -> dict[str, Any]:
    characters = s.rows["characters"]
    other = divided(characters - s.rows["plain_characters"], characters)
    return {
        **_common(s),
        "mean_word_length": s.ratio("word_characters", "words"),
        "non_alphanumeric_ratio": np.where(characters == 0, 1.0, other),  # an empty text fails, as it does there
    }


_SCORES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "datatrove": _datatrove, "dolma": _dolma, "dclm": _dclm, "curator": _curator,
}  # fmt: skip

STAGE = Filter(
    name="filters.gopher_quality",
    version=2,
    config=GopherQualityConfig,
    summary="word counts and lengths, symbols, bullets, ellipses, letters and stop words (Gopher)",
    statistics=shared_pass,
    libraries_of=libraries,
    measure=measure_quality,
    keep=keep_by_thresholds,
)
