"""Every distinct shingle set once, in memory up to a cap and on disk beyond it."""

from __future__ import annotations

from itertools import pairwise
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO

import numpy as np
import numpy.typing as npt
import xxhash

from curation_lib.text.buffers import Hashes, Offsets


class ShingleSets:
    """Collects sets of 64-bit hashes and numbers the distinct ones; sets with one xxh3-128 count as equal.

    Memory: about 200 bytes per distinct set, and the sets themselves (8 bytes a shingle) until they pass
    `spill_bytes`, when they move to a temporary file that `finish` maps. Use as a context manager: the file
    is gone after it.
    """

    def __init__(self, spill_bytes: int) -> None:
        self._spill_bytes = spill_bytes
        self._numbers: dict[bytes, int] = {}
        self._lengths: list[int] = []
        self._held: list[Hashes] = []
        self._held_bytes = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> ShingleSets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def add(self, values: Hashes, offsets: Offsets) -> list[int]:
        """The number of each row's set."""
        edges = offsets.tolist()
        return [self._number(values[a:b]) for a, b in pairwise(edges)]

    def finish(self) -> tuple[Hashes, Offsets]:
        """All sets as `(values, offsets)`, read-only; set n is values[offsets[n]:offsets[n + 1]]."""
        values = self._mapped() if self._file else np.concatenate([np.zeros(0, np.uint64), *self._held])
        values.flags.writeable = False
        return values, np.cumsum([0, *self._lengths], dtype=np.int64)

    def _number(self, values: Hashes) -> int:
        digest = xxhash.xxh3_128_digest(values.data)
        number = self._numbers.setdefault(digest, len(self._lengths))
        if number == len(self._lengths):
            self._lengths.append(len(values))
            self._held.append(values.copy())
            self._held_bytes += values.nbytes
            if self._held_bytes > self._spill_bytes:
                self._spill()
        return number

    def _spill(self) -> None:
        self._file = self._file or TemporaryFile()  # noqa: SIM115 - closed by __exit__
        for values in self._held:
            self._file.write(values.data)
        self._held, self._held_bytes = [], 0

    def _mapped(self) -> npt.NDArray[np.uint64]:
        self._spill()
        assert self._file is not None
        self._file.flush()
        return np.asarray(np.memmap(self._file, np.uint64, "r", shape=(sum(self._lengths),)))
