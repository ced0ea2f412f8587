"""Sorted rows, the groups in them, and the decision written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.removals import DECISION
from curation_lib.core.stage import OWN

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


def gathered(partials: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """The partitions' rows as one table of one chunk, with shard and release after `schema`'s columns."""
    whole = schema.append(pa.field("shard", pa.uint32())).append(pa.field("release", pa.uint16()))
    tables = [partial.select(whole.names).cast(whole) for partial in partials]
    return pa.concat_tables([*tables, whole.empty_table()]).combine_chunks()


def numbers(rows: pa.Table, name: str) -> npt.NDArray[Any]:
    """A column as numpy; strings become codes, equal for equal strings."""
    column = rows.column(name).combine_chunks()
    if pa.types.is_large_string(column.type):
        column = column.dictionary_encode().indices
    values: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values


def firsts(*columns: npt.NDArray[Any]) -> Mask:
    """Where a group begins in sorted rows: some column differs from the row before."""
    begins = np.zeros(len(columns[0]), np.bool_)
    begins[:1] = True
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return begins


def heads(begins: Mask) -> Positions:
    """Position of the first row of each row's group."""
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))


def shared(begins: Mask) -> Mask:
    """Rows whose group has at least two."""
    again = ~begins
    again[:-1] |= again[1:]
    return again


def contested(begins: Mask, release: npt.NDArray[Any]) -> Mask:
    """Rows whose group has at least two, one of them of the step's own input: releases are not judged."""
    group = np.cumsum(begins) - 1
    judged = np.zeros(len(begins), np.bool_)
    judged[group[release == OWN]] = True
    both: Mask = shared(begins) & judged[group]
    return both


def decision(rows: pa.Table, **columns: Any) -> pa.Table:
    """The decision on `rows` (shard, row), whose texts were compared and of which none is quarantined unless `columns`
    says so: scalars hold for all, absent ones are null."""
    count = rows.num_rows
    usual = {"texts_compared": True, "quarantine": False}
    values = {"shard": rows.column("shard"), "row": rows.column("row"), **usual, **columns}
    arrays = [_filled(values.get(field.name), field.type, count) for field in DECISION]
    return pa.table(arrays, schema=DECISION)


def _filled(value: Any, kind: pa.DataType, count: int) -> Any:
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return value.cast(kind)
    if isinstance(value, np.ndarray):
        return pa.array(value, kind)
    return pa.repeat(pa.scalar(value, kind), count)
