"""`filters.c4_lines`: C4's rules on lines (Raffel et al. 2020, 2.2), in three dialects. datatrove's, the default:

A Map: each byte span removed is an Edit with its rule. A line goes by the first rule that it fails:
`max_word_length`, `no_terminal_punct`, `min_words_per_line`, `javascript`, `policy`. From lines that stay go
`citations` (`[1]`, `[edit]`, `[citation needed]`) and `whitespace` at both ends; blank lines that go are
`whitespace`, too. A text with nothing left is dropped as `empty`, `also_failed` naming the rules that emptied
it, most bytes first. Those of DCLM and Dolma are chains (`c4_dialects`), with the same names for the same rules.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import model_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Map, Result
from curation_lib.filters.c4_dialects import DEFAULTS, chain_of
from curation_lib.filters.marked_text import without_marked
from curation_lib.filters.modified_text import follow_dialect, modified
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.characters import character_table, phrase_bytes
from curation_lib.text.line_edits import LineRules, mark_lines

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
NOTES = ("[edit]", "[citation needed]")
RULES = (
    "kept",
    "whitespace",
    "citations",
    "max_word_length",
    "no_terminal_punct",
    "min_words_per_line",
    "javascript",
    *("policy" for _ in POLICY_PHRASES),
)
"""Rule of each mark in `text.line_edits`."""


class C4LinesConfig(StageConfig):
    """Words are what white space separates; `max_word_length` is in characters; null turns a limit off.
    Phrases are matched in any (ASCII) case. FineWeb sets `filter_no_terminal_punct` to false. dialect: whose reading;
    the defaults of the others are its own (see README.md)."""

    dialect: Literal["datatrove", "dclm", "dolma"] = "datatrove"
    max_word_length: int | None = 1000
    remove_citations: bool = True
    filter_no_terminal_punct: bool = True
    min_words_per_line: int | None = 3
    filter_javascript: bool = True
    filter_policy: bool = True

    @model_validator(mode="before")
    @classmethod
    def _follow_the_dialect(cls, data: Any) -> Any:
        return follow_dialect(data, "datatrove", DEFAULTS)


def edit_lines(batch: pa.RecordBatch, config: C4LinesConfig, context: Context) -> Result:
    """Take lines out. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none."""
    if config.dialect != "datatrove":
        return modified(batch, chain_of(config, NOTES, POLICY_PHRASES))
    data, offsets = arrow_buffers(batch.column("text"))
    return without_marked(batch, mark_lines(data, offsets, character_table(), line_rules(config)), RULES)


def line_rules(config: C4LinesConfig) -> LineRules:
    """The settings as the kernel takes them: an empty phrase is never met, so that each keeps its mark."""
    policy = [phrase if config.filter_policy else "" for phrase in POLICY_PHRASES]
    phrases = ["javascript" if config.filter_javascript else "", *policy]
    return LineRules(
        -1 if config.max_word_length is None else config.max_word_length,
        -1 if config.min_words_per_line is None else config.min_words_per_line,
        config.filter_no_terminal_punct,
        config.remove_citations,
        phrase_bytes(".?!\"'"),
        *arrow_buffers(pa.array(phrases, pa.large_string())),
        np.isin(np.arange(256), [ord(phrase[0]) for phrase in phrases if phrase]).astype(np.uint8),
        *arrow_buffers(pa.array(NOTES, pa.large_string())),
    )


STAGE = Map(
    name="filters.c4_lines",
    version=3,
    config=C4LinesConfig,
    summary="lines without a full stop, with few words or boilerplate; citations (C4)",
    fn=edit_lines,
)
