"""`filters.code_markup`: how much of a text looks like source code, data or markup.

Scores, float64, shares of the characters of filled lines (0 without any): `code_ratio` (in lines with the points of
code, see `text.code_lines`), `tag_ratio` (in HTML or XML tags).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from curation_lib.core.config import StageConfig, keep
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.code_lines import CODE_POINTS, code_characters


class CodeMarkupConfig(StageConfig):
    """A threshold of null turns its rule off."""

    max_code_ratio: float | None = keep(0.4, ge=0, le=1)
    max_tag_ratio: float | None = keep(0.2, ge=0, le=1)


def measure_code(batch: pa.RecordBatch, config: CodeMarkupConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    data, offsets = arrow_buffers(batch.column("text"))
    counts = np.zeros((batch.num_rows, 3), np.int64)
    code_characters(data, offsets, CODE_POINTS, counts)
    whole = counts[:, 0]
    code, tags = (np.divide(counts[:, n], whole, out=np.zeros(len(whole)), where=whole > 0) for n in (1, 2))
    return pa.RecordBatch.from_pydict({"code_ratio": code, "tag_ratio": tags})


STAGE = Filter(
    name="filters.code_markup",
    version=1,
    config=CodeMarkupConfig,
    summary="source code, data and markup among the lines",
    measure=measure_code,
    keep=keep_by_thresholds,
)
