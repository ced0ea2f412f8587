"""Hashes of whole texts and identifiers, all of the xxh3 family: fast, stable and the same on every machine.

No Python string is made per text: the hash reads slices of the Arrow buffer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers


def content_hashes(column: Column) -> pa.StringArray:
    """xxh3-128 of each row's UTF-8 bytes, 32 hex digits."""
    return pa.array([xxhash.xxh3_128_hexdigest(piece) for piece in slices(*arrow_buffers(column))], pa.string())


def doc_id(source: str, source_id: str) -> str:
    """Identity of a document: xxh3-128 of `source`, a NUL and `source_id`, 32 hex digits."""
    return xxhash.xxh3_128_hexdigest(f"{source}\0{source_id}".encode())


def doc_ids(source: str, source_ids: Sequence[str]) -> pa.StringArray:
    """`doc_id` of every row of one source."""
    return pa.array([doc_id(source, source_id) for source_id in source_ids], pa.string())


def priority(doc_ids: Column, seed: int) -> Hashes:
    """uint64 per document, uniform and independent of order: sample by taking the smallest.

    xxh3-64 of the doc_id under `seed` (0 <= seed < 2**64).
    """
    column = slices(*arrow_buffers(doc_ids))
    return np.fromiter((xxhash.xxh3_64_intdigest(piece, seed) for piece in column), np.uint64, len(doc_ids))


def places(doc_ids: Column, copies: npt.NDArray[np.uint32], seed: int) -> Hashes:
    """uint64 per row: `priority`, with another seed for each further copy of a document, so that copies lie apart."""
    seeds = (seed + copies.astype(object) * _ODD) % 2**64
    column = slices(*arrow_buffers(doc_ids))
    found = (xxhash.xxh3_64_intdigest(piece, one) for piece, one in zip(column, seeds, strict=True))
    return np.fromiter(found, np.uint64, len(doc_ids))


_ODD = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: multiples of it never meet seeds that people choose."""


def normalised_hashes(column: Column) -> tuple[Hashes, Hashes]:
    """`(high, low)` halves of xxh3-128 over each row's collapsed text (see `text.collapse`)."""
    from curation_lib.text.collapse import collapsed  # brings numba, which a build's own process can do without

    digests = b"".join(xxhash.xxh3_128_digest(piece) for piece in slices(*collapsed(column)))
    halves = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    return np.ascontiguousarray(halves[:, 0]), np.ascontiguousarray(halves[:, 1])


def slices(data: Bytes, offsets: Offsets) -> Iterator[memoryview]:
    """Each row's bytes as a view, nothing copied."""
    view = data.data
    start = int(offsets[0])
    for end in offsets[1:].tolist():
        yield view[start:end]
        start = end
