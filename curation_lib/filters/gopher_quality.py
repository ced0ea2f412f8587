"""`filters.gopher_quality`: the quality rules of Gopher (Rae et al. 2021, A1.1), with datatrove's formulas.

Scores (no words or lines: 0): `words` int64, `mean_word_length`, `hash_ratio`, `ellipsis_ratio`,
`bullet_line_ratio`, `ellipsis_line_ratio`, `alphabetic_word_ratio` float64, `stop_words` int64.
"""

from __future__ import annotations

from unicodedata import category

import pyarrow as pa
from pydantic import field_validator

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.statistics import STOP_WORDS, Statistics, text_statistics


class GopherQualityConfig(StageConfig):
    """`stop_words`: words that running text of the language holds, as written (case counts).
    A threshold of null turns its rule off."""

    stop_words: tuple[str, ...] = measure(STOP_WORDS)
    min_words: int | None = keep(50)
    max_words: int | None = keep(100_000)
    min_mean_word_length: float | None = keep(3.0)
    max_mean_word_length: float | None = keep(10.0)
    max_hash_ratio: float | None = keep(0.1)
    max_ellipsis_ratio: float | None = keep(0.1)
    max_bullet_line_ratio: float | None = keep(0.9)
    max_ellipsis_line_ratio: float | None = keep(0.3)
    min_alphabetic_word_ratio: float | None = keep(0.8)
    min_stop_words: int | None = keep(2)

    @field_validator("stop_words")
    @classmethod
    def _one_word_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:  # no kernel here: settings are checked wherever a recipe is read
            if not word or any(category(c)[0] not in "LNM" for c in word):
                raise ValueError(f"{word!r} is not one word")
        return value


def measure_quality(batch: pa.RecordBatch, config: GopherQualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s: Statistics = context.statistics
    if config.stop_words != STOP_WORDS:
        s = text_statistics(batch, stop_words=config.stop_words)
    return pa.RecordBatch.from_pydict(
        {
            "words": s.rows["symbol_free_words"],
            "mean_word_length": s.ratio("symbol_free_characters", "symbol_free_words"),
            "hash_ratio": s.ratio("hashes", "words"),
            "ellipsis_ratio": s.ratio("ellipses", "words"),
            "bullet_line_ratio": s.ratio("bullet_lines", "lines"),
            "ellipsis_line_ratio": s.ratio("ellipsis_lines", "lines"),
            "alphabetic_word_ratio": s.ratio("alphabetic_words", "words"),
            "stop_words": s.rows["stop_words"],
        }
    )


STAGE = Filter(
    name="filters.gopher_quality",
    version=1,
    config=GopherQualityConfig,
    summary="word counts and lengths, symbols, bullets, ellipses, letters and stop words (Gopher)",
    statistics=text_statistics,
    measure=measure_quality,
    keep=keep_by_thresholds,
)
