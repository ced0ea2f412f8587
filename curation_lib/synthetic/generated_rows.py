"""The generated documents of a batch, taken apart for the gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.contract import SYNTHETIC
from curation_lib.synthetic.outcomes import OK, rule_of


class Child(NamedTuple):
    """row: in the batch. outcome: `ok` or the rule of an outcome. source: the text that the prompt showed."""

    row: int
    doc_id: str
    text: str
    language: str | None
    form: str
    outcome: str
    detail: str
    source: str

    @property
    def written(self) -> bool:
        """Whether there is a text to judge."""
        return self.outcome == OK


def children(batch: pa.RecordBatch) -> list[Child]:
    """The batch's documents of format `synthetic`, in order."""
    rows = pc.indices_nonzero(pc.equal(batch.column("format"), SYNTHETIC))
    taken = batch.take(rows).select(["doc_id", "text", "language", "metadata"]).to_pylist()
    return [
        _child(row, one["doc_id"], one["text"], one["language"], dict(one["metadata"] or ()))
        for row, one in zip(rows.to_pylist(), taken, strict=True)
    ]


def _child(row: int, doc_id: str, text: str, language: str | None, noted: dict[str, str]) -> Child:
    source, outcome = noted.get("synthetic_seed_text", ""), noted.get("synthetic_outcome")
    rule = rule_of(outcome, bool(source))
    if rule == OK and not text.strip():
        rule = "empty"
    said = ": ".join(part for part in (outcome, noted.get("synthetic_detail")) if part)
    return Child(row, doc_id, text, language, noted.get("synthetic_form", "unknown"), rule, said, source)


def spread(values: Sequence[object], found: Sequence[Child], rows: int, kind: pa.DataType) -> pa.Array:
    """A column of `rows` with the children's values, null for all other documents."""
    out: list[object] = [None] * rows
    for child, value in zip(found, values, strict=True):
        out[child.row] = value
    return pa.array(out, kind)
