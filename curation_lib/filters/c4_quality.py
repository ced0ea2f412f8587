"""`filters.c4_quality`: C4's rules on documents (Raffel et al. 2020, 2.2), in four dialects; `filters.c4_lines` goes
first.

Scores, int64: `lorem_ipsum` (times the phrase occurs, in any case; not curator), `curly_brackets` (times `{` occurs;
not curator), `sentences` (datatrove), `javascript` (dolma: times it occurs), `word_length` (curator: of the longest).
float64 (curator): `unterminated_line_ratio`, `boilerplate_para_ratio`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.dialects import DialectConfig, Thresholds, libraries, shared_pass
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.dialect_counts import DialectCounts, divided
from curation_lib.text.segments import SEGMENTS

_PHRASES = {"max_lorem_ipsum": 0, "max_curly_brackets": 0}


class C4QualityConfig(DialectConfig):
    """A threshold of null turns its rule off."""

    thresholds: ClassVar[Thresholds] = {
        "datatrove": {**_PHRASES, "min_sentences": 5},
        "dolma": {**_PHRASES, "max_javascript": 0},
        "dclm": _PHRASES,
        "curator": {"max_unterminated_line_ratio": 0.85, "max_boilerplate_para_ratio": 0.4, "max_word_length": 1000},
    }

    dialect: Literal["datatrove", "dolma", "dclm", "curator"] = measure("datatrove")
    max_lorem_ipsum: int | None = keep(0)
    max_curly_brackets: int | None = keep(0)
    max_javascript: int | None = keep(None)
    min_sentences: int | None = keep(5)
    max_unterminated_line_ratio: float | None = keep(None)
    max_boilerplate_para_ratio: float | None = keep(None)
    max_word_length: int | None = keep(None)


def measure_c4(batch: pa.RecordBatch, config: C4QualityConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    return pa.RecordBatch.from_pydict(_SCORES[config.dialect](context.statistics))


def _counts(*names: str) -> Callable[[Any], dict[str, Any]]:
    return lambda s: {name: s.rows[name] for name in names}


def _curator(s: DialectCounts) -> dict[str, Any]:
    lines = s.lines[:, SEGMENTS]
    boilerplate = divided(s.rows["boilerplate_paragraphs"], s.paragraphs[:, SEGMENTS])
    return {
        "unterminated_line_ratio": divided(lines - s.rows["terminated_lines"], lines),
        "boilerplate_para_ratio": np.where(s.rows["lorem_ipsum"] > 0, 1.0, boilerplate),
        "word_length": s.rows["longest_word"],
    }


_SCORES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "datatrove": _counts("lorem_ipsum", "curly_brackets", "sentences"),
    "dolma": _counts("lorem_ipsum", "curly_brackets", "javascript"),
    "dclm": _counts("lorem_ipsum", "curly_brackets"),
    "curator": _curator,
}

STAGE = Filter(
    name="filters.c4_quality",
    version=2,
    config=C4QualityConfig,
    summary="placeholder text, curly brackets and too few sentences (C4)",
    statistics=shared_pass,
    libraries_of=libraries,
    measure=measure_c4,
    keep=keep_by_thresholds,
)
