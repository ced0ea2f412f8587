"""`filters.c4_lines`: C4's rules on lines (Raffel et al. 2020, 2.2), with datatrove's settings
and order.

A Map: each byte span removed is an Edit with its rule. A line goes by the first rule that it fails:
`max_word_length`, `no_terminal_punct`, `min_words_per_line`, `javascript`, `policy`. From lines that stay go
`citations` (`[1]`, `[edit]`, `[citation needed]`) and `whitespace` at both ends; blank lines that go are
`whitespace`, too. A text with nothing left is dropped as `empty`, `also_failed` naming the rules that emptied
it, most bytes first.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Context, Drop, Edit, Map, Result
from curation_lib.text.buffers import Bytes, Offsets, arrow_buffers
from curation_lib.text.characters import character_table, phrase_bytes
from curation_lib.text.line_edits import KEPT, ODD_LINE, LineRules, kept_sizes, mark_lines

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
    Phrases are matched in any (ASCII) case. FineWeb sets `filter_no_terminal_punct` to false."""

    max_word_length: int | None = 1000
    remove_citations: bool = True
    filter_no_terminal_punct: bool = True
    min_words_per_line: int | None = 3
    filter_javascript: bool = True
    filter_policy: bool = True


def edit_lines(batch: pa.RecordBatch, config: C4LinesConfig, context: Context) -> Result:
    """Take lines out. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none."""
    data, offsets = arrow_buffers(batch.column("text"))
    marks = mark_lines(data, offsets, character_table(), line_rules(config))
    sizes = kept_sizes(marks, offsets)
    edits = _edits(marks, offsets)
    at = batch.schema.get_field_index("text")
    edited = batch.set_column(at, batch.schema.field(at), _texts(data, offsets, marks, sizes))
    return Result(
        edited.filter(pa.array(sizes > 0)),
        _drops(np.flatnonzero(sizes == 0).tolist(), edits),
        [edit for edit in edits if sizes[edit.row]],
    )


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
        *arrow_buffers(pa.array(NOTES, pa.large_string())),
    )


def _texts(data: Bytes, offsets: Offsets, marks: Bytes, sizes: npt.NDArray[np.int64]) -> pa.LargeStringArray:
    kept = data[offsets[0] : offsets[-1]][marks[offsets[0] : offsets[-1]] == KEPT]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return pa.LargeStringArray.from_buffers(len(sizes), pa.py_buffer(ends), pa.py_buffer(kept))


def _edits(marks: Bytes, offsets: Offsets) -> list[Edit]:
    """One edit per run of equal marks within a row."""
    first, last = int(offsets[0]), int(offsets[-1])
    bound = np.ones(last - first + 1, bool)
    bound[1:-1] = marks[first + 1 : last] != marks[first : last - 1] if first < last else False
    bound[offsets - first] = True
    bounds = np.flatnonzero(bound) + first
    starts, ends = bounds[:-1], bounds[1:]
    removed = marks[starts] != KEPT
    starts, ends = starts[removed], ends[removed]
    rows = np.searchsorted(offsets, starts, side="right") - 1
    rules = marks[starts] & ~np.uint8(ODD_LINE)
    spans = zip(
        rows.tolist(),
        rules.tolist(),
        (starts - offsets[rows]).tolist(),
        (ends - offsets[rows]).tolist(),
        strict=True,
    )
    return [Edit(row, RULES[rule], start, end) for row, rule, start, end in spans]


def _drops(rows: list[int], edits: list[Edit]) -> list[Drop]:
    """The emptied rows, each with the rules that emptied it, by bytes removed."""
    removed: dict[int, Counter[str]] = {row: Counter() for row in rows}
    for edit in edits:
        if edit.row in removed:
            removed[edit.row][edit.rule] += edit.end - edit.start
    return [Drop(row, "empty", 0.0, also_failed=tuple(rule for rule, _ in removed[row].most_common())) for row in rows]


STAGE = Map(
    name="filters.c4_lines",
    version=1,
    config=C4LinesConfig,
    summary="lines without a full stop, with few words or boilerplate; citations (C4)",
    fn=edit_lines,
)
