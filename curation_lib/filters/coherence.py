"""`filters.coherence`: whether a text's sentences follow each other, or could stand in any order.

Scores: `coherence` float64, how much sooner words return than in the text's own sentences shuffled
(`text/coherence.py`): 1 where every word returns in the next sentence, 0 as by chance; null for a text of fewer than
`min_sentences` sentences, or in which no word returns: order says nothing of it, and it passes. `sentences` int64.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.text.coherence import coherence


class CoherenceConfig(StageConfig):
    """min_sentences: a shorter text has no score and passes, for chance decides too much there (see README.md).
    min_coherence: 0 drops texts no more coherent than their sentences in any order; null turns the rule off."""

    min_sentences: int = measure(15, ge=3)
    min_coherence: float | None = keep(0.0, ge=-1, le=1)


def measure_coherence(batch: pa.RecordBatch, config: CoherenceConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    found = coherence(batch.column("text"))
    undefined = np.isnan(found.score) | (found.sentences < config.min_sentences)
    return pa.RecordBatch.from_pydict(
        {
            "coherence": pa.array(found.score, pa.float64(), mask=undefined),
            "sentences": pa.array(found.sentences, pa.int64()),
        }
    )


def keep_coherent(scores: pa.RecordBatch, config: CoherenceConfig, context: Context) -> list[Rule]:
    """`min_coherence`; a text without a score passes."""
    if config.min_coherence is None:
        return []
    column = scores.column("coherence")
    failed = pc.fill_null(pc.less(column, config.min_coherence), False)
    return [Rule("min_coherence", failed, column, config.min_coherence)]


STAGE = Filter(
    name="filters.coherence",
    version=1,
    config=CoherenceConfig,
    summary="whether words return sooner than in the same sentences shuffled",
    libraries=("numpy",),
    measure=measure_coherence,
    keep=keep_coherent,
)
