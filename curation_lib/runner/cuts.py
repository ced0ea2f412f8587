"""What a block of filters cuts out of the documents that it lets stay."""

from __future__ import annotations

from collections.abc import Container, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.stage import Rule
from curation_lib.core.taken import Edit
from curation_lib.runner.books import Books
from curation_lib.runner.work import rehashed

_Cut = tuple[int, int, str, str, str | None]
"""start, stop, stage, rule, evidence"""


def cut(
    batch: pa.RecordBatch, verdicts: Sequence[tuple[str, Sequence[Rule]]], gone: Container[int], books: Books
) -> pa.RecordBatch:
    """The batch without what its rules cut out of rows that are not `gone`; every cut is booked.

    All rules have seen the same text: of bytes that several cut, the first in recipe order books them.
    """
    cuts = {row: _disjoint(found) for row, found in _found(verdicts).items() if row not in gone}
    if not cuts:
        return batch
    for stage, _ in verdicts:
        edits = [Edit(row, c[3], c[0], c[1], c[4]) for row in sorted(cuts) for c in cuts[row] if c[2] == stage]
        books.edit(stage, batch, edits)
    rows = sorted(cuts)
    texts = batch.column("text")
    edited = [_without(texts[row].as_py().encode(), cuts[row]) for row in rows]
    mask = pa.array([row in cuts for row in range(batch.num_rows)], pa.bool_())
    at = batch.schema.get_field_index("text")
    made = pc.replace_with_mask(texts, mask, pa.array(edited, texts.type))
    return rehashed(batch.set_column(at, batch.schema.field(at), made))


def _found(verdicts: Sequence[tuple[str, Sequence[Rule]]]) -> dict[int, list[_Cut]]:
    found: dict[int, list[_Cut]] = {}
    for stage, rules in verdicts:
        for rule in rules:
            if rule.cuts is None:
                continue
            for row in pc.indices_nonzero(pc.greater(pc.fill_null(pc.list_value_length(rule.cuts), 0), 0)).to_pylist():
                spans = [(c["start"], c["stop"], stage, rule.name, c["evidence"]) for c in rule.cuts[row].as_py()]
                found.setdefault(row, []).extend(spans)
    return found


def _disjoint(cuts: Sequence[_Cut]) -> list[_Cut]:
    """The cuts in text order, each without what one before it took."""
    out: list[_Cut] = []
    for start, stop, stage, rule, evidence in sorted(cuts, key=lambda c: c[0]):
        start = max(start, out[-1][1] if out else 0)
        if start < stop:
            out.append((start, stop, stage, rule, evidence))
    return out


def _without(text: bytes, cuts: Sequence[_Cut]) -> str:
    ends = [0, *(c[1] for c in cuts)]
    starts = [*(c[0] for c in cuts), len(text)]
    return b"".join(text[a:b] for a, b in zip(ends, starts, strict=True)).decode()
