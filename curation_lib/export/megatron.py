"""`export.megatron`: token ids as Megatron-LM, NeMo and GPT-NeoX read them, one `.bin` and one `.idx` per part.

`.bin`: the ids of all sequences, uint16 or int32, little-endian. `.idx`: 9 bytes `MMIDIDX` and two NULs, version 1 as
uint64, a code of the type, the number of sequences and of document bounds as uint64, then lengths (int32), byte offsets
(int64) and bounds (int64): https://github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py.
A sequence is a document of its own, since a packed one holds several: trainers tell those apart by the end-of-text id.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from curation_lib.core.stage import Context, Map
from curation_lib.export.formats import Counts, Format
from curation_lib.export.packing import Sequences
from curation_lib.export.samples import SAMPLES, TokensConfig, convert, counts, sequences
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

MAGIC = b"MMIDIDX\0\0"
_CODES = {"int32": 4, "uint16": 8}


def encode(
    batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: TokensConfig, context: Context
) -> Counts:
    """Write SAMPLES to a `.bin` and an `.idx`."""
    found = sequences(batches, config, context.model)
    sinks[0].write(found.ids.tobytes())
    sinks[1].write(index_of(found))
    return counts(found)


def index_of(found: Sequences) -> bytes:
    """The bytes of the `.idx`."""
    number, lengths = len(found.offsets) - 1, np.diff(found.offsets)
    head = MAGIC + struct.pack("<QBQQ", 1, _CODES[found.ids.dtype.name], number, number + 1)
    at = found.offsets[:-1] * found.ids.dtype.itemsize
    return head + lengths.astype("<i4").tobytes() + at.astype("<i8").tobytes() + np.arange(number + 1).tobytes()


LOAD = """from megatron.core.datasets.indexed_dataset import IndexedDataset

documents = IndexedDataset(f"{export}/megatron/part-00000")  # and so on, or --data-path with every prefix"""
FORMAT = Format((".bin", ".idx"), encode, load=LOAD)
STAGE = Map(
    name="export.megatron",
    version=1,
    config=TokensConfig,
    summary="Writes one phase as token ids for Megatron-LM.",
    produces=SAMPLES,
    libraries=("numpy",),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
