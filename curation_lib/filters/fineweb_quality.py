"""`filters.fineweb_quality`: FineWeb's own rules (Penedo et al. 2024, 3.6), with datatrove's formulas.

A line here is what `\\n` separates and holds more than white space. Scores (0 without lines or words):
`lines` int64; float64: `line_punct_ratio` (lines that end in a sentence terminal), `short_line_ratio`
(lines of at most `short_line_length` characters), `char_dup_ratio` (characters of lines met before, of those
that are no `\\n`), `newline_ratio` (`\\n` per word).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.dialects import DialectConfig, Thresholds, libraries, shared_pass
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.statistics import SHORT_LINE, Statistics


class FinewebQualityConfig(DialectConfig):
    """A threshold of null turns its rule off. `min_lines` 1 drops texts without a line, as datatrove does;
    `line_punct_exclude_zero` spares texts in which no line ends in a terminal. No other peer has these rules."""

    thresholds: ClassVar[Thresholds] = {
        "datatrove": {
            "min_lines": 1,
            "min_line_punct_ratio": 0.12,
            "max_short_line_ratio": 0.67,
            "max_char_dup_ratio": 0.01,
            "max_newline_ratio": 0.3,
        }
    }

    dialect: Literal["datatrove"] = measure("datatrove")
    short_line_length: int = measure(SHORT_LINE, ge=0)
    min_lines: int | None = keep(1)
    min_line_punct_ratio: float | None = keep(0.12)
    line_punct_exclude_zero: bool = keep(False)
    max_short_line_ratio: float | None = keep(0.67)
    max_char_dup_ratio: float | None = keep(0.01)
    max_newline_ratio: float | None = keep(0.3)


def measure_fineweb(batch: pa.RecordBatch, config: FinewebQualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    s: Statistics = context.statistics
    if config.short_line_length != SHORT_LINE:
        s = shared_pass(config).function(batch, short_line=config.short_line_length)
    repeated, inked = s.rows["repeated_filled_characters"], s.rows["characters"] - s.rows["newlines"]
    return pa.RecordBatch.from_pydict(
        {
            "lines": s.rows["filled_lines"],
            "line_punct_ratio": s.ratio("terminated_lines", "filled_lines"),
            "short_line_ratio": s.ratio("short_lines", "filled_lines"),
            "char_dup_ratio": repeated / np.maximum(inked, 1),
            "newline_ratio": s.ratio("newlines", "words"),
        }
    )


def keep_fineweb(scores: pa.RecordBatch, config: FinewebQualityConfig, context: Context) -> list[Rule]:
    """The threshold rules, less those that `line_punct_exclude_zero` spares."""
    rules = keep_by_thresholds(scores, config, context)
    if not config.line_punct_exclude_zero:
        return rules
    return [_spare_zero(rule) if rule.name == "min_line_punct_ratio" else rule for rule in rules]


def _spare_zero(rule: Rule) -> Rule:
    return Rule(rule.name, pc.and_(rule.failed, pc.greater(rule.score, 0)), rule.score, rule.threshold)


STAGE = Filter(
    name="filters.fineweb_quality",
    version=2,
    config=FinewebQualityConfig,
    summary="line ends, short lines, repeated characters and list-like texts (FineWeb)",
    statistics=shared_pass,
    libraries_of=libraries,
    measure=measure_fineweb,
    keep=keep_fineweb,
)
