"""A small n-gram model of bytes: what a symbol costs after the two before it.

Bytes fold to 32 symbols: a to z in either case, digits, space, newline, sentence signs, other signs, non-ASCII. A model
is one table of 32^3 costs, so scoring is one look-up a byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets, arrow_buffers
from curation_lib.text.kernels import kernel

ORDER, SYMBOLS = 3, 32
UNITS = 16
"""Costs are in sixteenths of a bit."""
CONTEXTS = SYMBOLS ** (ORDER - 1)
Costs = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


def _symbols() -> Bytes:
    """Symbol of each byte."""
    table = np.full(256, 29, np.uint8)  # other signs
    for letter in range(26):
        table[ord("a") + letter] = table[ord("A") + letter] = letter
    table[[ord(c) for c in "0123456789"]] = 26
    table[[ord(c) for c in " \t"]] = 27
    table[[ord(c) for c in "\n\r"]] = 31
    table[[ord(c) for c in ".,;:!?"]] = 28
    table[128:] = 30
    return table


SYMBOL_OF = _symbols()
START = 31 * (SYMBOLS + 1)
"""The context at a text's beginning: newlines."""


def count_ngrams(texts: pa.Array[pa.LargeStringScalar]) -> Counts:
    """int64[32^3]: how often each symbol follows each two, over all texts."""
    data, offsets = arrow_buffers(texts)
    counts = np.zeros(CONTEXTS * SYMBOLS, np.int64)
    _count(data, offsets, SYMBOL_OF, counts)
    return counts


def costs_of(counts: npt.NDArray[Any]) -> Costs:
    """uint8[32^3], sixteenths of a bit: interpolated from order 1 to 3 (Witten and Bell 1991), at most 255."""
    probability = np.full(SYMBOLS, 1 / SYMBOLS)
    for order in range(1, ORDER + 1):
        seen = counts.reshape(-1, SYMBOLS**order).sum(axis=0).reshape(-1, SYMBOLS).astype(np.float64)
        total, kinds = seen.sum(axis=1, keepdims=True), (seen > 0).sum(axis=1, keepdims=True)
        lower = np.tile(probability.reshape(-1, SYMBOLS), (len(seen) // max(1, probability.size // SYMBOLS), 1))
        probability = (seen + np.maximum(kinds, 1) * lower) / (total + np.maximum(kinds, 1))
    bits = -np.log2(probability.reshape(-1))
    found: Costs = np.clip(np.rint(bits * UNITS), 1, 255).astype(np.uint8)
    return found


@njit(nogil=True, cache=True)
def _count(data: Bytes, offsets: Offsets, symbols: Bytes, counts: Counts) -> None:
    for row in range(len(offsets) - 1):
        context = np.int64(START)
        for i in range(offsets[row], offsets[row + 1]):
            context = (context * SYMBOLS + symbols[data[i]]) % (CONTEXTS * SYMBOLS)
            counts[context] += 1


@kernel
def surprisal(data: Bytes, start: Any, stop: Any, symbols: Bytes, costs: Costs) -> Any:
    """What bytes [start, stop) cost, in sixteenths of a bit."""
    context, total = np.int64(START), np.int64(0)
    for i in range(start, stop):
        context = ((context << 5) | symbols[data[i]]) & (CONTEXTS * SYMBOLS - 1)
        total += costs[context]
    return total
