"""Locality-sensitive hashing of signatures: documents that agree on all rows of a band share its key.

With r rows in each of b bands, two documents of Jaccard similarity s share a key with probability
1 - (1 - s**r)**b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes
from curation_lib.text.minhash import Words32

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_29, _32 = np.uint64(29), np.uint64(32)


def band_keys(signatures: Words32, bands: int) -> Hashes:
    """uint64[documents, bands]: hash of each band's number and rows. `bands` must divide the permutations."""
    if bands < 1 or signatures.shape[1] % bands:
        raise ValueError(f"{signatures.shape[1]} permutations do not split into {bands} bands")
    out: Hashes = _band_keys(signatures, bands)
    return out


def pairs(keys: Hashes) -> npt.NDArray[np.int64]:
    """int64[pairs, 2], i < j, ascending: documents that share a key. Quadratic in documents with one key."""
    documents = np.repeat(np.arange(keys.shape[0]), keys.shape[1])
    order = np.argsort(keys.ravel(), kind="stable")
    found: npt.NDArray[np.int64] = _pairs(keys.ravel()[order], documents[order])
    return np.unique(found, axis=0)


@njit(nogil=True, cache=True)
def _band_keys(signatures: Words32, bands: int) -> Hashes:
    documents, rows = signatures.shape[0], signatures.shape[1] // bands
    out = np.empty((documents, bands), np.uint64)
    for document in range(documents):
        for band in range(bands):
            h = np.uint64(band + 1) * _STEP
            for row in range(band * rows, (band + 1) * rows):
                h = (h ^ np.uint64(signatures[document, row])) * _FIRST
                h ^= h >> _32
            h *= _STEP
            out[document, band] = h ^ (h >> _29)
    return out


@njit(nogil=True, cache=True)
def _pairs(keys: Hashes, documents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    found = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for i in range(keys.shape[0]):
        j = i + 1
        while j < keys.shape[0] and keys[j] == keys[i]:
            if documents[i] != documents[j]:
                found.append((documents[i], documents[j]))
            j += 1
    out = np.empty((len(found), 2), np.int64)
    for n, (a, b) in enumerate(found):
        out[n, 0], out[n, 1] = min(a, b), max(a, b)
    return out
