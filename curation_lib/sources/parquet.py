"""Parquet files with a text column. A file that cannot be read, or has no such column, is quarantined."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.stage import Read, Shard, Source
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import RowConfig, add_row
from curation_lib.sources.inputs import list_shards, local_copy

SUFFIXES = (".parquet", ".pq")


class ParquetConfig(RowConfig):
    """See RowConfig."""


def shards(config: ParquetConfig) -> list[Shard]:
    return list_shards(config, SUFFIXES)


def read(shard: Shard, config: ParquetConfig) -> Iterator[Read]:
    captures = Captures(config)
    row = 0
    try:
        with local_copy(shard) as path, pq.ParquetFile(path) as file:
            if config.text_field not in file.schema_arrow.names:
                columns = ", ".join(file.schema_arrow.names[:8])
                captures.unread(shard.name, f"no column {config.text_field!r}; columns are {columns}")
            else:
                for batch in file.iter_batches(batch_size=config.batch_rows):
                    for values in batch.to_pylist():
                        add_row(values, f"{shard.name}#{row}", config, captures)
                        row += 1
                    if captures.full:
                        yield captures.take()
    except (pa.ArrowException, OSError) as e:
        captures.unread(f"{shard.name}#{row}", f"not readable as Parquet: {str(e).splitlines()[0]}")
    yield captures.take()


STAGE = Source(
    name="sources.parquet",
    version=1,
    config=ParquetConfig,
    summary="Parquet files with a text column: one capture per row",
    libraries=("pyarrow",),
    shards=shards,
    read=read,
)
