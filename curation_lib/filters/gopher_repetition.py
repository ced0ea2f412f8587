"""`filters.gopher_repetition`: Gopher's repetition rules (Rae et al. 2021, table A1), datatrove's formulas.

Scores: `characters` int64; float64, shares of paragraphs, lines or of the text's characters, 0 in an empty
text: `dup_para_frac`, `dup_para_char_frac`, `dup_line_frac`, `dup_line_char_frac`, `top_{2..4}_gram_frac`,
`dup_{5..10}_gram_frac`.
"""

from __future__ import annotations

import pyarrow as pa

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.ngrams import FIRST, LAST, LAST_TOP
from curation_lib.text.statistics import Statistics, text_statistics


class GopherRepetitionConfig(StageConfig):
    """A threshold of null turns its rule off. `min_characters` 1 drops empty texts, as datatrove does."""

    min_characters: int | None = keep(1)
    max_dup_para_frac: float | None = keep(0.3)
    max_dup_para_char_frac: float | None = keep(0.2)
    max_dup_line_frac: float | None = keep(0.3)
    max_dup_line_char_frac: float | None = keep(0.2)
    max_top_2_gram_frac: float | None = keep(0.2)
    max_top_3_gram_frac: float | None = keep(0.18)
    max_top_4_gram_frac: float | None = keep(0.16)
    max_dup_5_gram_frac: float | None = keep(0.15)
    max_dup_6_gram_frac: float | None = keep(0.14)
    max_dup_7_gram_frac: float | None = keep(0.13)
    max_dup_8_gram_frac: float | None = keep(0.12)
    max_dup_9_gram_frac: float | None = keep(0.11)
    max_dup_10_gram_frac: float | None = keep(0.10)


def measure_repetition(batch: pa.RecordBatch, config: GopherRepetitionConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s: Statistics = context.statistics
    ngrams = {f"{'top' if n <= LAST_TOP else 'dup'}_{n}_gram_frac": s.ngram_ratio(n) for n in range(FIRST, LAST + 1)}
    return pa.RecordBatch.from_pydict(
        {
            "characters": s.rows["characters"],
            "dup_para_frac": s.ratio("repeated_paragraphs", "paragraphs"),
            "dup_para_char_frac": s.ratio("repeated_paragraph_characters", "characters"),
            "dup_line_frac": s.ratio("repeated_lines", "line_pieces"),
            "dup_line_char_frac": s.ratio("repeated_line_characters", "characters"),
            **ngrams,
        }
    )


STAGE = Filter(
    name="filters.gopher_repetition",
    version=1,
    config=GopherRepetitionConfig,
    summary="repeated lines, paragraphs and word n-grams (Gopher)",
    statistics=text_statistics,
    measure=measure_repetition,
    keep=keep_by_thresholds,
)
