"""Reads and writes the files of a dataset. Writer options are fixed: equal rows give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.runner.store import Store, Written

ROW_GROUP = 4096
"""Rows per row group, whatever the batches were."""
BATCH_ROWS = 1024
CODEC = "zstd"
_OPTIONS: dict[str, Any] = {
    "use_dictionary": [
        "source",
        "language",
        "license",
        "license_evidence",
        "format",
        "stage",
        "rule",
        "error",
    ],
    "write_statistics": True,
}


class PartWriter:
    """Writes batches as one Parquet file with row groups of ROW_GROUP rows.

    `codec`: None for a file that is read and gone within one command.
    """

    def __init__(self, written: Written, schema: pa.Schema, codec: str | None = CODEC) -> None:
        self.schema, self.rows = schema, 0
        dictionary = [n for n in _OPTIONS["use_dictionary"] if n in schema.names]
        packed = {"compression": codec, "compression_level": 1} if codec else {"compression": None}
        options = {**_OPTIONS, **packed, "use_dictionary": dictionary or False}
        self._writer = pq.ParquetWriter(written.file, schema, **options)
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._held_rows >= ROW_GROUP:
            self._flush(final=False)

    def _flush(self, final: bool) -> None:
        table = pa.Table.from_batches(self._held, self.schema)
        whole = table.num_rows if final else table.num_rows - table.num_rows % ROW_GROUP
        if whole:
            self._writer.write_table(table.slice(0, whole).combine_chunks(), row_group_size=ROW_GROUP)
        self._held = table.slice(whole).to_batches()
        self._held_rows = table.num_rows - whole

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None) -> None:
        if kind is None:
            self._flush(final=True)
        self._writer.close()


def read_batches(
    store: Store, key: str, rows: int = BATCH_ROWS, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The part's rows in order, at most `rows` at a time; all columns, or those called so, in the part's order."""
    with store.open(key) as file, pq.ParquetFile(file, pre_buffer=not store.is_local) as part:
        yield from part.iter_batches(batch_size=rows, columns=columns)


def read_columns(store: Store, key: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Those columns of the part's rows, a row group at a time; the others are never fetched."""
    with store.open(key, whole=False) as file, pq.ParquetFile(file, pre_buffer=True) as part:
        yield from part.iter_batches(batch_size=ROW_GROUP, columns=list(columns))


def read_rows(store: Store, key: str, rows: Sequence[int], columns: Sequence[str] | None = None) -> pa.RecordBatch:
    """The part's rows numbered `rows`, in that order; reads the row groups and columns they stand in, no more."""
    with store.open(key) as file, pq.ParquetFile(file) as part:
        groups = sorted({row // ROW_GROUP for row in rows})
        table = part.read_row_groups(groups, columns=columns)
        place = {group: n * ROW_GROUP for n, group in enumerate(groups)}
        taken = table.take(pa.array([place[r // ROW_GROUP] + r % ROW_GROUP for r in rows], pa.int64()))
    return taken.combine_chunks().to_batches()[0] if rows else pa.RecordBatch.from_pylist([], table.schema)


def write_arrow(written: Written, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """An Arrow IPC file, one record batch per item: `read_arrow` can read some of them alone."""
    with pa.ipc.new_file(written.file, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read_arrow(store: Store, key: str, batches: range | None = None) -> pa.Table:
    """The file's rows, or those of the record batches with these numbers only; of a remote file no more is fetched."""
    with store.open(key, whole=batches is None) as file, pa.ipc.open_file(file) as reader:
        if batches is None or batches == range(reader.num_record_batches):
            return reader.read_all()
        return pa.Table.from_batches([reader.get_batch(n) for n in batches])
