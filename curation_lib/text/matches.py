"""How well a text compresses, by the matches that LZ4 would find: no library whose version shapes the number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from curation_lib.text.buffers import Bytes
from curation_lib.text.kernels import kernel

BITS = 12
"""Entries of the table of places, as a power of two: LZ4's default."""
WINDOW = 65_535
MATCH_COST = 3
"""Bytes that LZ4 spends on a match: a token and a distance."""
_PRIME = np.uint32(2_654_435_761)
Places = npt.NDArray[np.int64]


def new_places() -> Places:
    """A table of places for any number of texts, none of them remembered from one to the next."""
    return np.full(1 << BITS, -1, np.int64)


@kernel
def compressed_bytes(data: Bytes, start: Any, stop: Any, places: Places) -> Any:
    """Bytes [start, stop) after greedy matching: 1 for each byte that stands for itself, 3 for each match of 4 or
    more bytes with an earlier place of the text."""
    cost, i = np.int64(0), np.int64(start)
    while i + 4 <= stop:
        four = (
            np.uint32(data[i]) | np.uint32(data[i + 1]) << np.uint32(8)
            | np.uint32(data[i + 2]) << np.uint32(16) | np.uint32(data[i + 3]) << np.uint32(24)
        )  # fmt: skip
        slot = np.int64(np.uint32(four * _PRIME) >> np.uint32(32 - BITS))
        before = places[slot]
        places[slot] = i
        length = np.int64(0)
        if before >= start and i - before <= WINDOW:
            while i + length < stop and data[before + length] == data[i + length]:
                length += 1
        if length >= 4:
            cost += MATCH_COST
            i += length
        else:
            cost += 1
            i += 1
    return cost + stop - i
