"""`export.tokens`: Parquet files of token ids for Hugging Face's Trainer and whatever reads `input_ids`.

A row is one sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.stage import Context, Map
from curation_lib.export.formats import Counts, Format
from curation_lib.export.packing import Sequences
from curation_lib.export.samples import SAMPLES, TokensConfig, convert, counts, sequences
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

TOKENS = pa.schema([pa.field("input_ids", pa.list_(pa.int32()), nullable=False)])
GROUP_TOKENS = 2**21
"""A row group ends with the row that brings it to that many ids: 8 MiB in a reader's memory."""
_WRITER = {"version": "2.6", "data_page_version": "1.0", "compression": "zstd", "data_page_size": 2**20}
_WRITER |= {"use_dictionary": False, "store_schema": False, "write_batch_size": 1024}


def encode(
    batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: TokensConfig, context: Context
) -> Counts:
    """Write SAMPLES as one Parquet file of sequences."""
    found = sequences(batches, config, context.model)
    with pq.ParquetWriter(sinks[0], TOKENS, compression_level=config.compression_level, **_WRITER) as writer:
        for group in _groups(found):
            writer.write_batch(group, row_group_size=max(1, group.num_rows))
    return counts(found)


def _groups(found: Sequences) -> Iterable[pa.RecordBatch]:
    start = 0
    while start < len(found.offsets) - 1:
        stop = int(np.searchsorted(found.offsets, found.offsets[start] + GROUP_TOKENS))
        stop = min(max(stop, start + 1), len(found.offsets) - 1)
        ids = found.ids[found.offsets[start] : found.offsets[stop]].astype(np.int32)
        offsets = (found.offsets[start : stop + 1] - found.offsets[start]).astype(np.int32)
        column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids))
        yield pa.RecordBatch.from_arrays([column], schema=TOKENS)
        start = stop


FORMAT = Format((".parquet",), encode, loader="parquet")
STAGE = Map(
    name="export.tokens",
    version=1,
    config=TokensConfig,
    summary="Writes one phase as Parquet files of token ids.",
    produces=SAMPLES,
    libraries=("numpy", "pyarrow"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
