"""`filters.language`: keeps documents in the languages wanted, as normalize identified them.

Scores: `language` string (null: undetermined), `language_score` float64 (0 where undetermined).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.thresholds import keep_by_thresholds


class LanguageConfig(StageConfig):
    """`languages`: codes as the identifier gives them (`en`, `de`); null keeps all.
    `min_language_score`: the identifier's probability; 0.65 is datatrove's and FineWeb's."""

    languages: tuple[str, ...] | None = keep(None, min_length=1)
    min_language_score: float | None = keep(0.65, ge=0, le=1)


def measure_language(batch: pa.RecordBatch, config: LanguageConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    score = pc.fill_null(batch.column("language_score").cast(pa.float64()), 0.0)
    return pa.RecordBatch.from_pydict({"language": batch.column("language"), "language_score": score})


def keep_language(scores: pa.RecordBatch, config: LanguageConfig, context: Context) -> list[Rule]:
    """`languages` (score 1 for one of them, else 0; threshold 1), then `min_language_score`."""
    rules = keep_by_thresholds(scores, config, context)
    if config.languages is None:
        return rules
    wanted = pc.is_in(scores.column("language"), pa.array(config.languages, pa.string()))
    return [Rule("languages", pc.invert(wanted), wanted.cast(pa.float64()), 1.0), *rules]


STAGE = Filter(
    name="filters.language",
    version=2,
    config=LanguageConfig,
    summary="languages wanted and how sure the identifier must be",
    measure=measure_language,
    keep=keep_language,
)
