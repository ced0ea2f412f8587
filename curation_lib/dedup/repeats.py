"""Which units of which documents (their paragraphs, their runs of words) stand in an earlier document, too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets

RECORD = np.dtype([("high", np.uint64), ("low", np.uint64), ("document", np.uint32), ("unit", np.uint32)])
"""One unit that may be repeated: 128 bits of hash, the document's number, the unit's number within it."""
BUCKETS = 64
Records = npt.NDArray[Any]


class Repeats:
    """Collects units, in buckets of equal leading hash bits, and then compares those of each bucket.

    Memory: 24 bytes per unit (56 while they are sorted into buckets) until they pass `spill_bytes`, then on disk
    in temporary files, of which one is read at a time (units of one hash lie in one file); 1 bit per unit of
    every document, and 8 bytes per document. Use as a context manager: the files are gone after it.
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
            _mark_later(records, position, bases, bits)
        values, offsets = _runs(bits, bases)
        return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values))

    def _spill(self) -> None:
        self._files = self._files or [TemporaryFile() for _ in range(BUCKETS)]  # noqa: SIM115 - closed by __exit__
        for file, records in zip(self._files, self._split(), strict=True):
            file.write(records.data)

    def _buckets(self) -> Iterator[Records]:
        if not self._files:
            yield from self._split()
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(bytearray(file.read()), RECORD)

    def _split(self) -> Iterator[Records]:
        """Let go of what is held, a bucket at a time."""
        records = np.concatenate(self._held)
        self._held, self._held_bytes = [np.zeros(0, RECORD)], 0
        bucket = (records["high"] // np.uint64(2**64 // BUCKETS)).astype(np.uint8)
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=BUCKETS)).tolist()
        for start, end in pairwise([0, *ends]):
            yield records.take(order[start:end])


@njit(nogil=True, cache=True)
def _mark_later(records: Records, position: Offsets, bases: Offsets, bits: Bytes) -> None:
    """Set the bit of each unit that a document of smaller position has, too, by a table of open addresses."""
    slots = 64
    while slots < 2 * len(records):
        slots *= 2
    table, at = np.full(slots, -1, np.int64), np.empty(len(records), np.int64)
    for n in range(len(records)):
        one = records[n]
        slot = np.int64(one.low & np.uint64(slots - 1))
        while table[slot] >= 0:
            other = records[table[slot]]
            if other.high == one.high and other.low == one.low:
                break
            slot = (slot + 1) & (slots - 1)
        if table[slot] < 0 or position[one.document] < position[records[table[slot]].document]:
            table[slot] = n
        at[n] = slot
    for n in range(len(records)):
        one = records[n]
        if position[one.document] > position[records[table[at[n]]].document]:
            place = bases[one.document] + one.unit
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
