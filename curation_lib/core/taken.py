"""What a stage takes away: dropped rows and removed spans, one by one or, where there are many, as Arrow columns.

Row numbers count from 0 within the batch that the stage was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, overload

import pyarrow as pa


class Drop(NamedTuple):
    """One dropped row: `rule`, the `score` that it judged and the `threshold` that it judged by are what the ledger
    shows (core/README.md says which side of the threshold fails), `evidence` what the rule found, in words."""

    row: int
    rule: str
    score: float
    threshold: float
    also_failed: tuple[str, ...] = ()
    kept_twin: str | None = None
    evidence: str | None = None


class Edit(NamedTuple):
    """Bytes [start, end) of row `row`'s text, as the stage was given it, were removed by `rule`."""

    row: int
    rule: str
    start: int
    end: int
    evidence: str | None = None


_ROW, _RULE, _EVIDENCE = pa.field("row", pa.int64()), pa.field("rule", pa.string()), pa.field("evidence", pa.string())
DROP = pa.schema(
    [
        _ROW,
        _RULE,
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("also_failed", pa.list_(pa.string())),
        pa.field("kept_twin", pa.string()),
        _EVIDENCE,
    ]
)
"""Drops as columns."""
EDIT = pa.schema([_ROW, _RULE, pa.field("start", pa.int64()), pa.field("end", pa.int64()), _EVIDENCE])
"""Edits as columns."""

Taken = TypeVar("Taken", Drop, Edit)
_SCHEMAS = {Drop: DROP, Edit: EDIT}


class Columns(Sequence[Taken]):
    """Drops or edits as a record batch, `columns`: hundreds of thousands of them cost no Python object each until
    somebody looks at one."""

    def __init__(self, kind: type[Taken], columns: pa.RecordBatch) -> None:
        self.kind: type[Taken] = kind
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns.column(0))

    @cached_property
    def _rows(self) -> list[Taken]:
        fields = self.columns.to_pydict()
        if "also_failed" in fields:
            fields["also_failed"] = [tuple(names) for names in fields["also_failed"]]
        return [self.kind(*row) for row in zip(*fields.values(), strict=True)]

    def __iter__(self) -> Iterator[Taken]:
        return iter(self._rows)

    @overload
    def __getitem__(self, at: int) -> Taken: ...
    @overload
    def __getitem__(self, at: slice) -> list[Taken]: ...
    def __getitem__(self, at: Any) -> Any:
        return self._rows[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._rows == list(other)

    __hash__ = None  # type: ignore[assignment]


def columns_of(kind: type[Taken], taken: Sequence[Taken]) -> pa.RecordBatch:
    """Drops or edits as a batch of DROP or EDIT."""
    if isinstance(taken, Columns):
        return taken.columns
    schema = _SCHEMAS[kind]
    values: Iterable[Any] = zip(*taken, strict=True) if taken else [[] for _ in schema]
    return pa.RecordBatch.from_arrays([pa.array(v, f.type) for v, f in zip(values, schema, strict=True)], schema=schema)
