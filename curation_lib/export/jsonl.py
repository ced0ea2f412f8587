"""`export.jsonl`: JSON Lines files, one zstd frame each.

Every line has every key of EXPORT in that order, null where there is nothing: readers that infer a schema
from the first lines then never meet a new key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import orjson
import pyarrow as pa
import zstandard

from curation_lib.core.stage import Map
from curation_lib.export.formats import one_file
from curation_lib.export.schema import EXPORT, ExportConfig, convert
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

CHUNK = 2**20
"""Bytes handed to the compressor at a time, so that its output depends on the lines alone."""


def encode(batches: Iterable[pa.RecordBatch], sink: BinaryIO, config: ExportConfig) -> None:
    """Write EXPORT batches to `sink` as JSON Lines in one zstd frame; no batch gives an empty frame."""
    write_lines(map(to_json_lines, batches), sink, config.compression_level)


def write_lines(parts: Iterable[bytes], sink: BinaryIO, level: int) -> None:
    """Write lines, however they are cut into parts, to `sink` as one zstd frame."""
    compressor = zstandard.ZstdCompressor(level=level, write_content_size=False, write_checksum=True, threads=0)
    with compressor.stream_writer(sink, closefd=False) as stream:
        for chunk in _chunks(parts):
            stream.write(chunk)


def to_json_lines(batch: pa.RecordBatch) -> bytes:
    """`batch`, one JSON object and newline per row, keys in the batch's column order, UTF-8."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch.to_pylist())


def _chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK, the last one shorter."""
    pending = bytearray()
    for part in parts:
        pending += part
        while len(pending) >= CHUNK:
            yield bytes(pending[:CHUNK])
            del pending[:CHUNK]
    yield bytes(pending)


FORMAT = one_file(".jsonl.zst", encode, "json")
STAGE = Map(
    name="export.jsonl",
    version=3,
    config=ExportConfig,
    summary="Writes one phase as zstd-compressed JSON Lines.",
    produces=EXPORT,
    libraries=("orjson", "pyarrow", "zstandard"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
