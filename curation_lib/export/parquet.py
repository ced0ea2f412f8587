"""`export.parquet`: Parquet files for trainers, readable with pandas and `datasets`.

Row groups and pages depend on the rows alone, never on how they were batched, so that equal rows give equal
bytes. Files are written without Arrow's own schema, so that every reader sees plain strings and integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation_lib.core.stage import Map
from curation_lib.export.formats import one_file
from curation_lib.export.schema import EXPORT, ExportConfig, convert
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

ROW_GROUP_ROWS = 10_000
ROW_GROUP_BYTES = 64 * 2**20
"""A row group ends after that many rows, or with the row that brings its texts to that many bytes; that much
a reader holds in memory, and `encode` too."""

_WRITER = {
    "version": "2.6",
    "data_page_version": "1.0",
    "compression": "zstd",
    "data_page_size": 2**20,
    "dictionary_pagesize_limit": 2**20,
    "write_batch_size": 1024,
    "use_dictionary": ["source", "language", "license", "format", "phase"],
    "write_statistics": ["doc_id", "source", "language", "license", "format", "tokens", "phase"],
    "store_schema": False,
}


def encode(batches: Iterable[pa.RecordBatch], sink: BinaryIO, config: ExportConfig) -> None:
    """Write EXPORT batches to `sink` as one Parquet file; no batch gives a file without rows."""
    with pq.ParquetWriter(sink, EXPORT, compression_level=config.compression_level, **_WRITER) as writer:
        for group in row_groups(batches):
            writer.write_table(pa.Table.from_batches([group]), row_group_size=group.num_rows)


def row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in the same order, cut where row groups end."""
    pending: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        while batch.num_rows:
            fit, ended = _fit(batch, rows, size)
            pending.append(batch.slice(0, fit))
            rows, size = rows + fit, size + _text_bytes(pending[-1])
            batch = batch.slice(fit)
            if ended:
                yield pa.concat_batches(pending)
                pending, rows, size = [], 0, 0
    if pending:
        yield pa.concat_batches(pending)


def _fit(batch: pa.RecordBatch, rows: int, size: int) -> tuple[int, bool]:
    """How many leading rows go into a group that holds `rows` rows and `size` bytes; whether it ends so."""
    running = np.cumsum(pc.binary_length(batch.column("text")).to_numpy(zero_copy_only=False)) + size
    by_size = int(np.searchsorted(running, ROW_GROUP_BYTES)) + 1
    room = min(by_size, ROW_GROUP_ROWS - rows)
    return min(room, batch.num_rows), room <= batch.num_rows


def _text_bytes(batch: pa.RecordBatch) -> int:
    return int(pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0)


FORMAT = one_file(".parquet", encode, "parquet")
STAGE = Map(
    name="export.parquet",
    version=3,
    config=ExportConfig,
    summary="Writes one phase as zstd Parquet files for trainers.",
    produces=EXPORT,
    libraries=("orjson", "pyarrow"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
