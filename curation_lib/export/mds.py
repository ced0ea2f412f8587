"""`export.mds`: MosaicML's streaming format, one shard per part and an `index.json` beside them.

A shard: the number of samples (uint32), their byte offsets (uint32, one more), its columns as JSON, the samples. With a
tokenizer a sample has one column `tokens`, an array of uint16 or int32; without one `doc_id`, `source` and `text`.
Written here, since the library's own writer would bring PyTorch to every worker; `winnow export check` reads it with
the library (https://github.com/mosaicml/streaming, version 2 of the format).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa

from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context, Map
from curation_lib.export.formats import Counts, Format, Written
from curation_lib.export.samples import SAMPLES, SamplesConfig, convert, counts, id_type, sequences
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

_SIZES: tuple[tuple[int, Any], ...] = ((2**8, np.uint8), (2**16, np.uint16), (2**32, np.uint32))
"""Types of a length, with the first that each cannot hold."""
_TEXT = ("doc_id", "source", "text")
LIMIT = 2**32
"""Bytes that a shard's offsets can address."""


def encode(
    batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: SamplesConfig, context: Context
) -> Counts:
    """Write SAMPLES as one shard."""
    if config.tokenizer.has_ids:
        found = sequences(batches, config, context.model)
        samples = [_array(found.ids[a:b], config) for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
        held = counts(found)
    else:
        samples = [_strings(row) for batch in batches for row in _rows(batch)]
        held = {"samples": len(samples)}
    _write(samples, orjson.dumps(columns(config, context), option=orjson.OPT_SORT_KEYS), sinks[0])
    return held


def columns(config: SamplesConfig, context: Context) -> dict[str, Any]:
    """What a shard and the index say of its columns."""
    names, encodings = list(_TEXT), ["str"] * 3
    sizes: list[int | None] = [None] * 3
    if config.tokenizer.has_ids:
        kind = np.dtype(id_type(context.model))
        names, encodings, sizes = ["tokens"], [f"ndarray:{kind.name}"], [None]
        if config.sequence_length is not None:
            encodings, sizes = [f"{encodings[0]}:{config.sequence_length}"], [kind.itemsize * config.sequence_length]
    described = {"column_names": names, "column_encodings": encodings, "column_sizes": sizes}
    return described | {"compression": None, "format": "mds", "hashes": ["sha256"], "size_limit": None, "version": 2}


def _array(ids: np.ndarray[Any, Any], config: SamplesConfig) -> bytes:
    """The values of a sequence of fixed length; else its size in bytes, dimensions, length and values."""
    if config.sequence_length is not None:
        return ids.tobytes()
    code, kind = next((n, kind) for n, (beyond, kind) in enumerate(_SIZES) if len(ids) < beyond)
    value: bytes = bytes([1 << 2 | code]) + kind(len(ids)).tobytes() + ids.tobytes()
    return np.uint32(len(value)).tobytes() + value


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[str, ...]]:
    return zip(*(batch.column(name).to_pylist() for name in _TEXT), strict=True)


def _strings(row: Sequence[str]) -> bytes:
    values = [value.encode() for value in row]
    return np.array([len(value) for value in values], np.uint32).tobytes() + b"".join(values)


def _write(samples: Sequence[bytes], described: bytes, sink: BinaryIO) -> None:
    head = 4 + 4 * (len(samples) + 1) + len(described)
    offsets = head + np.concatenate([[0], np.cumsum([len(one) for one in samples], dtype=np.int64)]).astype(np.int64)
    if offsets[-1] >= LIMIT:
        raise ContractError(
            f"a shard of {offsets[-1]:,} bytes is over the format's 4 GiB: lower export.shuffle.part_bytes"
        )
    sink.write(np.uint32(len(samples)).tobytes() + offsets.astype(np.uint32).tobytes() + described)
    for one in samples:
        sink.write(one)


def index(parts: Sequence[Written], config: SamplesConfig, context: Context) -> Mapping[str, bytes]:
    """`index.json`: every shard with its size, hash and number of samples."""
    shards = [
        columns(config, context)
        | {
            "raw_data": {"basename": one.path, "bytes": one.bytes, "hashes": {"sha256": one.sha256}},
            "samples": one.counts.get("sequences", one.counts.get("samples", 0)),
            "zip_data": None,
        }
        for one in parts
    ]
    return {"index.json": orjson.dumps({"version": 2, "shards": shards}, option=orjson.OPT_SORT_KEYS)}


LOAD = """from streaming import StreamingDataset

samples = StreamingDataset(remote=f"{export}/mds", local="samples", shuffle=False)"""
FORMAT = Format((".mds",), encode, index, load=LOAD)
STAGE = Map(
    name="export.mds",
    version=1,
    config=SamplesConfig,
    summary="Writes one phase as shards of MosaicML's streaming format.",
    produces=SAMPLES,
    libraries=("numpy", "orjson"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
