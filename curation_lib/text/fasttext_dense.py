"""A supervised fastText model of full precision as arrays: its dictionary, its rows and its outputs.

The words are found as the library finds them (fastText 0.9, `Dictionary`): by the same hash, which n-grams are made of,
and letter for letter.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.fasttext_files import AFTER_WORD, Head, Layout, Part, layout
from curation_lib.text.kernels import inlined, kernel

Floats = npt.NDArray[np.float32]

NOTHING = np.uint64(2166136261)
"""The hash of no bytes."""
_PRIME, _LOW = np.uint64(16777619), np.uint64(0xFFFFFFFF)
_32, _0 = np.uint64(32), np.uint64(0)


class DenseModel(NamedTuple):
    """slots: uint64[power of two], `hash << 32 | entry + 1`, 0 where free. names, spans: the entries' bytes, and
    where each begins and ends (int64[entries, 2]). words: how many of the entries are words; labels follow. rows:
    float32[words + bucket, dimension]. outputs: float32[labels, dimension]. longest: words of an n-gram, at most."""

    slots: Hashes
    names: Bytes
    spans: Offsets
    words: int
    rows: Floats
    outputs: Floats
    bucket: int
    longest: int


def dense_model(path: Path, head: Head) -> DenseModel | None:
    """The model of the whole file at `path`; None for one that only the library reads: quantised, with pieces of
    words, or of another loss than softmax. Memory: the file once, and some 40 bytes a word. Raises ValueError where
    its parts do not fit together."""
    found = layout(path)
    if found is None or not head.softmax or head.pieces:
        return None
    _check(found, head, path)
    rows, outputs = _read(path, found.rows, "<f4"), _read(path, found.outputs, "<f4")
    return assembled(_read(path, found.dictionary, "u1"), head, rows, outputs)


def assembled(names: Bytes, head: Head, rows: Floats, outputs: Floats) -> DenseModel:
    """The model of a dictionary as it stands in the file, and of its matrices."""
    spans = _spans(names, head.entries)
    return DenseModel(_slots(names, spans), names, spans, head.words, rows, outputs, head.bucket, head.longest)


def _check(found: Layout, head: Head, path: Path) -> None:
    shared = head.bucket if head.longest > 1 else 0
    (rows, dimension), (labels, inner) = found.rows.shape, found.outputs.shape
    enough = rows >= head.words + shared and labels == head.entries - head.words and dimension == inner
    if not enough or (head.longest > 1 and shared < 1):
        raise ValueError(f"{path}: {rows} x {dimension} and {labels} x {inner} do not fit {head}")


def dense_labels(model: DenseModel) -> list[str]:
    """The labels with their prefix, in the model's order."""
    return [model.names[a:b].tobytes().decode("utf-8", "replace") for a, b in model.spans[model.words :].tolist()]


def _read(path: Path, part: Part, kind: str) -> npt.NDArray[Any]:
    return np.fromfile(path, kind, prod(part.shape), offset=part.start).reshape(part.shape)


@njit(nogil=True, cache=True)
def _spans(names: Bytes, entries: int) -> Offsets:
    spans, at = np.empty((entries, 2), np.int64), 0
    for entry in range(entries):
        spans[entry, 0] = at
        while names[at] != 0:
            at += 1
        spans[entry, 1] = at
        at += 1 + AFTER_WORD
    return spans


@njit(nogil=True, cache=True)
def _slots(names: Bytes, spans: Offsets) -> Hashes:
    size = 2
    while size < 2 * spans.shape[0]:
        size *= 2
    slots = np.zeros(size, np.uint64)
    for entry in range(spans.shape[0]):
        h = NOTHING
        for i in range(spans[entry, 0], spans[entry, 1]):
            h = hashed(h, names[i])
        at = np.int64(h & _LOW) & (size - 1)
        while slots[at] != _0:
            at = (at + 1) & (size - 1)
        slots[at] = h << _32 | np.uint64(entry + 1)
    return slots


@inlined
def hashed(h: np.uint64, byte: Any) -> np.uint64:
    """The hash of what `h` stands for and one byte more: FNV-1a with signed bytes, of which the low 32 bits count."""
    return (h ^ np.uint64(np.int64(np.int8(byte)))) * _PRIME


@kernel
def entry_of(data: Bytes, i: int, end: int, h: np.uint64, model: DenseModel) -> int:
    """The dictionary's entry that is data[i:end], whose hash is `h`; -1 if there is none."""
    last = model.slots.shape[0] - 1
    at = np.int64(h & _LOW) & last
    while True:
        slot = model.slots[at]
        if slot == _0:
            return -1
        if slot >> _32 == h & _LOW:
            entry: int = np.int64(slot & _LOW) - 1  # type: ignore[assignment]
            start = model.spans[entry, 0]
            if model.spans[entry, 1] - start == end - i and same(data, i, end, model.names, start):
                return entry
        at = (at + 1) & last


@inlined
def same(data: Bytes, i: int, end: int, other: Bytes, start: int) -> bool:
    """Whether `other` has the bytes data[i:end] at `start`."""
    k = 0
    while i + k < end and data[i + k] == other[start + k]:
        k += 1
    return i + k == end
