"""`filters.c4_quality`: C4's rules on documents (Raffel et al. 2020, 2.2); `filters.c4_lines` goes first.

Scores, int64: `lorem_ipsum` (times the phrase occurs, in any case), `curly_brackets` (times `{` occurs),
`sentences`.
"""

from __future__ import annotations

import pyarrow as pa

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.statistics import Statistics, text_statistics


class C4QualityConfig(StageConfig):
    """A threshold of null turns its rule off."""

    max_lorem_ipsum: int | None = keep(0)
    max_curly_brackets: int | None = keep(0)
    min_sentences: int | None = keep(5)


def measure_c4(batch: pa.RecordBatch, config: C4QualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s: Statistics = context.statistics
    return pa.RecordBatch.from_pydict({name: s.rows[name] for name in ("lorem_ipsum", "curly_brackets", "sentences")})


STAGE = Filter(
    name="filters.c4_quality",
    version=1,
    config=C4QualityConfig,
    summary="placeholder text, curly brackets and too few sentences (C4)",
    statistics=text_statistics,
    measure=measure_c4,
    keep=keep_by_thresholds,
)
