"""Every distinct shingle set once, in a temporary file."""

from __future__ import annotations

import os
from array import array
from itertools import pairwise
from tempfile import TemporaryFile
from types import TracebackType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from curation_lib.dedup.digests import Digests
from curation_lib.text.buffers import Hashes, Offsets

Integers = npt.NDArray[np.int64]
_WIDTH = 8


class Sets(NamedTuple):
    """Sorted sets of hashes: set n is values[begins[n]:ends[n]]."""

    values: Hashes
    begins: Offsets
    ends: Offsets


class ShingleSets:
    """Collects sets of 64-bit hashes and numbers the distinct ones; sets with one xxh3-128 count as equal.

    Memory: about 100 bytes per distinct set; the hashes (8 bytes each) lie on disk until `take` reads some back.
    Use as a context manager: the file is gone after it.
    """

    def __init__(self) -> None:
        self._digests = Digests()
        self._bounds = array("q", [0])
        self._file = TemporaryFile(buffering=1 << 20)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> ShingleSets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, values: Hashes, offsets: Offsets) -> Integers:
        """The number of each row's set."""
        known = self._digests.count
        edges = offsets.tolist()
        digests = b"".join(xxhash.xxh3_128_digest(values[a:b].data) for a, b in pairwise(edges))
        numbers = self._digests.number(np.frombuffer(digests, np.uint64).reshape(-1, 2))
        new, rows = np.unique(numbers, return_index=True)
        for row in rows[new >= known].tolist():
            self._write(values[edges[row] : edges[row + 1]])
        return numbers

    def sizes(self) -> Integers:
        """Bytes of each set."""
        bounds: Integers = np.array(self._bounds, np.int64)
        return (bounds[1:] - bounds[:-1]) * _WIDTH

    def take(self, numbers: Integers, most: int) -> Sets:
        """The sets numbered so: read into memory where they have at most `most` bytes, else mapped from the file."""
        bounds = np.array(self._bounds, np.int64)
        self._file.flush()
        begins, ends = bounds[numbers], bounds[numbers + 1]
        total = int((ends - begins).sum())
        if total * _WIDTH > most:
            return Sets(_unwritable(np.memmap(self._file, np.uint64, "r")), begins, ends)
        values, file = np.empty(total, np.uint64), self._file.fileno()
        at = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - begins)])
        for place, (begin, end) in zip(at.tolist(), zip(begins.tolist(), ends.tolist(), strict=True), strict=False):
            os.preadv(file, [values[place : place + end - begin].data], begin * _WIDTH)
        return Sets(_unwritable(values), at[:-1], at[1:])

    def _write(self, values: Hashes) -> None:
        self._bounds.append(self._bounds[-1] + len(values))
        self._file.write(values.data)


def _unwritable(values: npt.NDArray[np.uint64]) -> Hashes:
    """Kernels are compiled for values that nothing changes."""
    values.flags.writeable = False
    return np.asarray(values)
