"""Parquet files with a text column. What cannot be read is quarantined by row group, the rest is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import AddRow, Config, IdConfig, RowConfig, add_row
from curation_lib.sources.inputs import list_shards, local_copy

SUFFIXES = (".parquet", ".pq")
_DAMAGE = (pa.ArrowException, OSError)


class ParquetConfig(RowConfig):
    """See RowConfig."""


def shards(config: ParquetConfig) -> list[Shard]:
    return list_shards(config, SUFFIXES)


def read(shard: Shard, config: ParquetConfig) -> Iterator[Read]:
    return read_rows(shard, config, add_row, (config.text_field,))


def read_rows(shard: Shard, config: Config, add: AddRow[Config], any_of: Sequence[str]) -> Iterator[Read]:
    """The captures that `add` makes of every row; a file without any of these columns is quarantined as a whole."""
    captures = Captures(config)
    with local_copy(shard) as path:
        try:
            file = pq.ParquetFile(path, page_checksum_verification=True)
        except _DAMAGE as e:
            captures.unread(shard.name, f"not readable as Parquet: {_line(e)}")
        else:
            with file:
                yield from _read_groups(file, shard.name, config, captures, add, any_of)
    yield captures.take()


def _read_groups(
    file: pq.ParquetFile,
    name: str,
    config: Config,
    captures: Captures,
    add: AddRow[Config],
    any_of: Sequence[str],
) -> Iterator[Read]:
    if not set(any_of) & set(file.schema_arrow.names):
        columns = ", ".join(file.schema_arrow.names[:8])
        captures.unread(name, f"no column {' or '.join(map(repr, any_of))}; columns are {columns}")
        return
    first = 0
    for group in range(file.num_row_groups):
        done = 0
        try:
            for batch in file.iter_batches(_batch_rows(file, group, config), row_groups=[group]):
                for values in _rows(batch):
                    locator = f"{name}#{first + done}"
                    if isinstance(values, str):
                        captures.unread(locator, values)
                    else:
                        add(values, locator, config, captures)
                    done += 1
                if captures.full:
                    yield captures.take()
        except _DAMAGE as e:
            captures.unread(f"{name}#{first + done}", f"rest of row group {group} unread: {_line(e)}")
        first += file.metadata.row_group(group).num_rows


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any] | str]:
    """Each row, or why Python cannot hold it (invalid UTF-8, a time outside the years 1 to 9999)."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError) as e:
        if batch.num_rows == 1:
            return [f"row cannot be read: {_line(e)}"]
        return [row for n in range(batch.num_rows) for row in _rows(batch.slice(n, 1))]


def _batch_rows(file: pq.ParquetFile, group: int, config: IdConfig) -> int:
    """Rows at a time, so that about `batch_bytes` are held."""
    facts = file.metadata.row_group(group)
    row_bytes = facts.total_byte_size // max(facts.num_rows, 1) + 1
    return int(max(1, min(config.batch_rows, config.batch_bytes // row_bytes)))


def _line(e: Exception) -> str:
    return str(e).partition("\n")[0]


STAGE = Source(
    name="sources.parquet",
    version=1,
    config=ParquetConfig,
    summary="Parquet files with a text column: one capture per row",
    libraries=("pyarrow",),
    shards=shards,
    read=read,
)
