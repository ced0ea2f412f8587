"""`filters.gopher_repetition`: Gopher's repetition rules (Rae et al. 2021, table A1), in four dialects.

Scores: `characters` (datatrove), `lines` (dclm) int64; float64, shares of paragraphs, lines or characters, 0 where
there is nothing to share: `dup_para_frac`, `dup_para_char_frac` (not dolma), `dup_line_frac`, `dup_line_char_frac`,
`top_{2..4}_gram_frac`, `dup_{5..10}_gram_frac`. What they count is the dialect's (see README.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.config import keep, measure
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.dialects import DialectConfig, Thresholds, libraries, pass_with_repeats
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.dialect_counts import DialectCounts, divided
from curation_lib.text.ngrams import FIRST, LAST, LAST_TOP
from curation_lib.text.segments import AGAIN, AGAIN_CHARACTERS, CHARACTERS, SEGMENTS, SHARED, SHARED_CHARACTERS
from curation_lib.text.statistics import Statistics

_LINES = {"max_dup_line_frac": 0.3, "max_dup_line_char_frac": 0.2}
_PARAGRAPHS = {"max_dup_para_frac": 0.3, "max_dup_para_char_frac": 0.2}
_NGRAMS = {
    "max_top_2_gram_frac": 0.2, "max_top_3_gram_frac": 0.18, "max_top_4_gram_frac": 0.16,
    "max_dup_5_gram_frac": 0.15, "max_dup_6_gram_frac": 0.14, "max_dup_7_gram_frac": 0.13,
    "max_dup_8_gram_frac": 0.12, "max_dup_9_gram_frac": 0.11, "max_dup_10_gram_frac": 0.10,
}  # fmt: skip


class GopherRepetitionConfig(DialectConfig):
    """A threshold of null turns its rule off. `min_characters` (datatrove) and `min_lines` (dclm) of 1 drop empty
    texts, as these do."""

    thresholds: ClassVar[Thresholds] = {
        "datatrove": {"min_characters": 1, **_PARAGRAPHS, **_LINES, **_NGRAMS},
        "dolma": {**_LINES, "max_dup_line_char_frac": 0.3, **_NGRAMS},
        "dclm": {"min_lines": 1, **_PARAGRAPHS, **_LINES, **_NGRAMS},
        "curator": {**_PARAGRAPHS, **_LINES, **_NGRAMS},
    }

    dialect: Literal["datatrove", "dolma", "dclm", "curator"] = measure("datatrove")
    min_characters: int | None = keep(1)
    min_lines: int | None = keep(None)
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
    return pa.RecordBatch.from_pydict(_SCORES[config.dialect](context.statistics))


def _ngrams(share: Callable[[int], npt.NDArray[np.float64]]) -> dict[str, Any]:
    return {f"{'top' if n <= LAST_TOP else 'dup'}_{n}_gram_frac": share(n) for n in range(FIRST, LAST + 1)}


def _datatrove(s: Statistics) -> dict[str, Any]:
    return {
        "characters": s.rows["characters"],
        "dup_para_frac": s.ratio("repeated_paragraphs", "paragraphs"),
        "dup_para_char_frac": s.ratio("repeated_paragraph_characters", "characters"),
        "dup_line_frac": s.ratio("repeated_lines", "line_pieces"),
        "dup_line_char_frac": s.ratio("repeated_line_characters", "characters"),
        **_ngrams(s.ngram_ratio),
    }


def _dolma(s: DialectCounts) -> dict[str, Any]:
    """Every occurrence of what repeats counts; characters of lines are held against those of words."""
    letters = s.rows["word_characters"]

    def share(n: int) -> npt.NDArray[np.float64]:
        return divided(s.ngrams[:, n], letters if n <= LAST_TOP else s.all_ngrams[:, n])

    return {
        "dup_line_frac": divided(s.lines[:, SHARED], s.lines[:, SEGMENTS]),
        "dup_line_char_frac": s.lines[:, SHARED_CHARACTERS] / np.maximum(letters, 1),
        **_ngrams(share),
    }


def _dclm(s: DialectCounts) -> dict[str, Any]:
    """Every occurrence of what repeats counts; characters are those of lines, paragraphs or words alone."""
    return {
        "lines": s.lines[:, SEGMENTS],
        **_segments(s, SHARED, SHARED_CHARACTERS),
        **_ngrams(lambda n: divided(s.ngrams[:, n], s.rows["unicode_characters"])),
    }


def _curator(s: DialectCounts) -> dict[str, Any]:
    """What was met before counts; a text with fewer words than an n-gram has the share 1."""

    def share(n: int) -> npt.NDArray[np.float64]:
        return np.where(s.rows["words"] < n, 1.0, divided(s.ngrams[:, n], s.rows["characters"]))

    return {**_segments(s, AGAIN, AGAIN_CHARACTERS), **_ngrams(share)}


def _segments(s: DialectCounts, part: int, characters: int) -> dict[str, Any]:
    return {
        "dup_para_frac": divided(s.paragraphs[:, part], s.paragraphs[:, SEGMENTS]),
        "dup_para_char_frac": divided(s.paragraphs[:, characters], s.paragraphs[:, CHARACTERS]),
        "dup_line_frac": divided(s.lines[:, part], s.lines[:, SEGMENTS]),
        "dup_line_char_frac": divided(s.lines[:, characters], s.lines[:, CHARACTERS]),
    }


_SCORES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "datatrove": _datatrove, "dolma": _dolma, "dclm": _dclm, "curator": _curator,
}  # fmt: skip

STAGE = Filter(
    name="filters.gopher_repetition",
    version=2,
    config=GopherRepetitionConfig,
    summary="repeated lines, paragraphs and word n-grams (Gopher)",
    statistics=pass_with_repeats,
    libraries_of=libraries,
    measure=measure_repetition,
    keep=keep_by_thresholds,
)
