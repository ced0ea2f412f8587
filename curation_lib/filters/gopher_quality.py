"""`filters.gopher_quality`: the quality rules of Gopher (Rae et al. 2021, A1.1), in four dialects.

Scores (no words or lines: 0): `words`, `stop_words` int64; float64: ratios and lengths. Which ones, and what they
count, is the dialect's (see README.md). `stop_words` is null where the document's language has no list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.dialects import DialectConfig, Thresholds, libraries, shared_pass
from curation_lib.filters.stop_words import (
    ENGLISH,
    StopWords,
    WithoutList,
    check_stop_words,
    stop_word_counts,
    without_list,
)
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.dialect_counts import DialectCounts, divided
from curation_lib.text.segments import SEGMENTS
from curation_lib.text.statistics import Statistics

_COMMON = {
    "min_words": 50, "max_words": 100_000, "max_bullet_line_ratio": 0.9, "max_ellipsis_line_ratio": 0.3,
    "min_alphabetic_word_ratio": 0.8, "min_stop_words": 2,
}  # fmt: skip
_MEAN = {"min_mean_word_length": 3.0, "max_mean_word_length": 10.0}
_MEDIAN = {"min_median_word_length": 3.0, "max_median_word_length": 10.0}


class GopherQualityConfig(DialectConfig):
    """A threshold of null turns its rule off.

    stop_words: words that running text of a language holds, as written (DCLM: in any case), by language code
        (`unknown`: documents without one); or one list for every document, whatever its language.
    without_list: `min_stop_words` cannot judge a document whose language has no list: stop the build, or let it pass.
    """

    thresholds: ClassVar[Thresholds] = {
        "datatrove": {**_COMMON, **_MEAN, "max_hash_ratio": 0.1, "max_ellipsis_ratio": 0.1},
        "dolma": {**_COMMON, **_MEDIAN, "max_symbol_ratio": 0.1},
        "dclm": {**_COMMON, **_MEAN, "max_symbol_ratio": 0.1},
        "curator": {**_COMMON, **_MEAN, "max_symbol_ratio": 0.1, "max_non_alphanumeric_ratio": 0.25},
    }

    dialect: Literal["datatrove", "dolma", "dclm", "curator"] = measure("datatrove")
    stop_words: StopWords = measure(ENGLISH)
    without_list: WithoutList = keep("stop")
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
    def _one_word_each(cls, value: StopWords) -> StopWords:
        return check_stop_words(value)


def measure_quality(batch: pa.RecordBatch, config: GopherQualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s, again = context.statistics, shared_pass(config).function
    stop_words = stop_word_counts(
        batch,
        config.stop_words,
        s.rows["stop_words"],
        lambda documents, words: again(documents, stop_words=words).rows["stop_words"],
    )
    return pa.RecordBatch.from_pydict({**_SCORES[config.dialect](s), "stop_words": stop_words})


def keep_quality(scores: pa.RecordBatch, config: GopherQualityConfig, context: Context) -> list[Rule]:
    """The threshold rules; `without_list` says what `min_stop_words` does without a score."""
    rules = keep_by_thresholds(scores, config, context)
    return [without_list(rule, config.without_list) if rule.name == "min_stop_words" else rule for rule in rules]


def _datatrove(s: Statistics) -> dict[str, Any]:
    return {
        "words": s.rows["symbol_free_words"],
        "mean_word_length": s.ratio("symbol_free_characters", "symbol_free_words"),
        "hash_ratio": s.ratio("hashes", "words"),
        "ellipsis_ratio": s.ratio("ellipses", "words"),
        "bullet_line_ratio": s.ratio("bullet_lines", "lines"),
        "ellipsis_line_ratio": s.ratio("ellipsis_lines", "lines"),
        "alphabetic_word_ratio": s.ratio("alphabetic_words", "words"),
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
    keep=keep_quality,
)
