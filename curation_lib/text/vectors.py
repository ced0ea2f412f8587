"""Embeddings as vectors of whole numbers from -127 to 127: their products are exact on any machine, in any order."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Vectors = npt.NDArray[np.int8]
Cells = npt.NDArray[np.uint16]
MOST_BITS = 16


def quantised(values: npt.NDArray[Any]) -> Vectors:
    """Each row of `values` scaled so that its largest number is 127 or -127, and rounded; zeros stay zero.

    A cosine between rows of 256 numbers moves by about 0.001.
    """
    wide = values.astype(np.float64)
    largest = np.abs(wide).max(axis=1, initial=0.0, keepdims=True)
    return np.rint(wide * 127 / np.where(largest > 0, largest, 1)).astype(np.int8)


def cells(vectors: Vectors, bands: int, bits: int, seed: int) -> Cells:
    """uint16[vectors, bands]: on which side of each of a band's `bits` random hyperplanes a vector lies.

    Two vectors at the angle t share a band's cell with probability (1 - t / pi) ** bits (Charikar 2002,
    Similarity estimation techniques from rounding algorithms). Cells depend on nothing but vector and seed.
    """
    if not 1 <= bits <= MOST_BITS:
        raise ValueError(f"a cell has 1 to {MOST_BITS} bits, not {bits}")
    out: Cells = _cells(vectors, hyperplanes(vectors.shape[1], bands * bits, seed), bands, bits)
    return out


@cache
def hyperplanes(dimensions: int, count: int, seed: int) -> Vectors:
    """int8[count, dimensions]: normals with independent Gaussian components, in steps of 1/32 of a deviation."""
    drawn = np.random.RandomState(seed).standard_normal((count, dimensions))
    return np.clip(np.rint(32 * drawn), -127, 127).astype(np.int8)


@njit(nogil=True, cache=True)
def dot(a: Vectors, b: Vectors) -> Any:
    """The exact inner product; int32 holds that of 133,000 dimensions."""
    total = np.int32(0)
    for i in range(a.shape[0]):
        total = np.int32(total + np.int32(a[i]) * np.int32(b[i]))
    return total


@njit(nogil=True, cache=True)
def _cells(vectors: Vectors, planes: Vectors, bands: int, bits: int) -> Cells:
    out = np.zeros((vectors.shape[0], bands), np.uint16)
    for n in range(vectors.shape[0]):
        for band in range(bands):
            cell = 0
            for bit in range(bits):
                cell = cell << 1 | (dot(vectors[n], planes[band * bits + bit]) >= 0)
            out[n, band] = cell
    return out
