"""Numbers distinct 128-bit digests in the order of meeting them: an open-addressing table without Python objects."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Pairs = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
_FREE = -1


class Digests:
    """The distinct digests so far. Memory: 48 to 96 bytes each."""

    def __init__(self) -> None:
        self.count = 0
        self._keys, self._numbers = _table(1024)

    def number(self, digests: Pairs) -> Numbers:
        """int64 per row of uint64[n, 2]: the number of that digest; new ones are numbered on."""
        while 2 * (self.count + len(digests)) > len(self._numbers):
            self._grow()
        found = np.empty(len(digests), np.int64)
        self.count = _insert(self._keys, self._numbers, digests, found, self.count)
        return found

    def _grow(self) -> None:
        used = self._numbers != _FREE
        keys = self._keys[used][np.argsort(self._numbers[used])]
        self._keys, self._numbers = _table(2 * len(self._numbers))
        _insert(self._keys, self._numbers, keys, np.empty(len(keys), np.int64), 0)


def _table(slots: int) -> tuple[Pairs, Numbers]:
    return np.zeros((slots, 2), np.uint64), np.full(slots, _FREE, np.int64)


@njit(nogil=True, cache=True)
def _insert(keys: Pairs, numbers: Numbers, digests: Pairs, found: Numbers, count: int) -> int:
    last = np.uint64(numbers.shape[0] - 1)  # a power of two less one
    for row in range(digests.shape[0]):
        high, low = digests[row, 0], digests[row, 1]
        slot = low & last
        while numbers[slot] >= 0 and (keys[slot, 0] != high or keys[slot, 1] != low):
            slot = (slot + np.uint64(1)) & last
        if numbers[slot] < 0:
            keys[slot, 0], keys[slot, 1], numbers[slot] = high, low, count
            count += 1
        found[row] = numbers[slot]
    return count
