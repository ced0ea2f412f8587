"""Which units of which documents (their paragraphs, their runs of words) stand in an earlier document, too."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.dedup.decisions import firsts
from curation_lib.text.buffers import Bytes, Hashes, Offsets

RECORD = np.dtype([("high", np.uint64), ("low", np.uint64), ("document", np.uint32), ("unit", np.uint32)])
"""One unit that may be repeated: 128 bits of hash, the document's number, the unit's number within it."""
BUCKETS = 64
Records = npt.NDArray[Any]


class Repeats:
    """Collects units, in buckets of equal leading hash bits, and then compares those of each bucket.

    Memory: 24 bytes per unit until they pass `spill_bytes`, then on disk in temporary files, of which one
    is read at a time (units of one hash lie in one file); 1 bit per unit of every document, and 8 bytes per
    document. Use as a context manager: the files are gone after it.
    """

    def __init__(self, spill_bytes: int) -> None:
        self._spill_bytes = spill_bytes
        self._sizes: list[npt.NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self._documents = 0
        self._held: list[Records] = [np.zeros(0, RECORD)]
        self._held_bytes = 0
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Repeats:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, sizes: npt.NDArray[np.int64], document: Offsets, unit: Offsets, high: Hashes, low: Hashes) -> None:
        """Take the next len(sizes) documents, of so many units each. The units that may be repeated: `document`
        counts from the first of these, `unit` within the document."""
        records = np.empty(len(document), RECORD)
        records["document"], records["unit"] = document + self._documents, unit
        records["high"], records["low"] = high, low
        self._documents += len(sizes)
        self._sizes.append(sizes)
        self._held.append(records)
        self._held_bytes += records.nbytes
        if self._held_bytes > self._spill_bytes:
            self._spill()

    def runs(self, position: npt.NDArray[np.int64]) -> pa.LargeListArray:
        """For each document the units that also stand in one of a smaller `position`: flattened pairs
        begin, end (uint32) of runs of neighbouring units, ascending."""
        bases = np.cumsum(np.concatenate(self._sizes))
        bits = np.zeros(bases[-1] // 8 + 1, np.uint8)
        for records in self._buckets():
            repeated = records[_later(records, position)]
            _set(bits, bases[repeated["document"]] + repeated["unit"])
        values, offsets = _runs(bits, bases)
        return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values))

    def _spill(self) -> None:
        self._files = self._files or [TemporaryFile() for _ in range(BUCKETS)]  # noqa: SIM115 - closed by __exit__
        records = np.concatenate(self._held)
        bucket = records["high"] // np.uint64(2**64 // BUCKETS)
        records = records[np.argsort(bucket, kind="stable")]
        ends = np.cumsum(np.bincount(bucket.astype(np.int64), minlength=BUCKETS))
        for file, start, end in zip(self._files, [0, *ends.tolist()], ends.tolist(), strict=False):
            file.write(records[start:end].data)
        self._held, self._held_bytes = [np.zeros(0, RECORD)], 0

    def _buckets(self) -> Iterator[Records]:
        if not self._files:
            yield np.concatenate(self._held)
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), RECORD)


def _later(records: Records, position: npt.NDArray[np.int64]) -> Offsets:
    """Where in `records` a unit stands that is not of the first document with its hash."""
    order = np.lexsort([records["low"], records["high"]])
    begins = firsts(records["high"][order], records["low"][order])
    places = position[records["document"][order]]
    group = np.cumsum(begins) - 1
    first = np.minimum.reduceat(places, np.flatnonzero(begins)) if len(order) else places
    later: Offsets = order[places > first[group]]
    return later


@njit(nogil=True, cache=True)
def _set(bits: Bytes, places: Offsets) -> None:
    for place in places:
        bits[place >> 3] |= np.uint8(1 << (place & 7))


@njit(nogil=True, cache=True)
def _runs(bits: Bytes, bases: Offsets) -> tuple[npt.NDArray[np.uint32], Offsets]:
    """Pairs begin, end of the runs of set bits between two bases, counted from the first, and each document's
    offsets in them."""
    edges = 0
    offsets = np.zeros(len(bases), np.int64)
    values = np.empty(0, np.uint32)
    for fill in range(2):  # count, then write
        edges = 0
        for document in range(len(bases) - 1):
            before = False
            for place in range(bases[document], bases[document + 1] + 1):
                inside = place < bases[document + 1] and bits[place >> 3] & np.uint8(1 << (place & 7)) != 0
                if inside != before:
                    if fill:
                        values[edges] = place - bases[document]
                    edges += 1
                before = inside
            offsets[document + 1] = edges
        if not fill:
            values = np.empty(edges, np.uint32)
    return values, offsets
