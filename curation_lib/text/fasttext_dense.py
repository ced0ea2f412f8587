"""A supervised fastText model of full precision as arrays, and what it says of lines: the library's own sums in its
own order (fastText 0.9, `Dictionary::getLine`, `Model::predict`), so that scores are the library's to the bit.

The library looks up one word and adds one row at a time and mostly waits for memory. Here eight rows are added
together, each number still in the order of the rows.
"""

from __future__ import annotations

from math import exp, log, prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.fasttext_files import AFTER_WORD, Head, Part, layout
from curation_lib.text.kernels import inlined, kernel

Floats = npt.NDArray[np.float32]

AHEAD = 1024
"""Rows that are known before they are added."""
_OFFSET, _PRIME, _CHAINED = np.uint64(2166136261), np.uint64(16777619), np.uint64(116049371)
_LOW, _32, _0, _1 = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0), np.uint64(1)
_PREFIX = np.frombuffer(b"__label__", np.uint8)
_END = np.frombuffer(b"</s>", np.uint8)
_SHIFT = 1e-5
"""What fastText adds to a probability before its logarithm."""


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
    words, or of another loss than softmax. Memory: the matrices, once, and some 30 bytes a word."""
    found = layout(path)
    if found is None or not head.softmax or head.pieces:
        return None
    names: Bytes = _read(path, found.dictionary, "u1")
    spans = _spans(names, head.entries)
    rows, outputs = _read(path, found.rows, "<f4"), _read(path, found.outputs, "<f4")
    return DenseModel(_slots(names, spans), names, spans, head.words, rows, outputs, head.bucket, head.longest)


def dense_labels(model: DenseModel) -> list[str]:
    """The labels with their prefix, in the model's order."""
    return [model.names[a:b].tobytes().decode("utf-8", "replace") for a, b in model.spans[model.words :].tolist()]


def dense_scores(data: Bytes, offsets: Offsets, model: DenseModel) -> Floats:
    """float32[lines, labels] in the model's order: fastText's probability of each, 0 throughout for a line of which
    it knows nothing. A line ends as if a newline followed; it must hold none."""
    scores: Floats = _score(data, offsets, model)
    return scores


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
        h = _OFFSET
        for i in range(spans[entry, 0], spans[entry, 1]):
            h = _hashed(h, names[i])
        at = np.int64(h & _LOW) & (size - 1)
        while slots[at] != _0:
            at = (at + 1) & (size - 1)
        slots[at] = h << _32 | np.uint64(entry + 1)
    return slots


@inlined
def _hashed(h: np.uint64, byte: Any) -> np.uint64:
    """FNV-1a with signed bytes, as fastText has it; the low 32 bits count."""
    return (h ^ np.uint64(np.int64(np.int8(byte)))) * _PRIME


@inlined
def _separates(byte: Any) -> bool:
    return byte <= 32 and (byte == 32 or byte == 0 or 9 <= byte <= 13)


@kernel
def _entry(data: Bytes, i: int, end: int, h: np.uint64, model: DenseModel) -> int:
    """The dictionary's entry that is data[i:end], -1 if there is none."""
    last = model.slots.shape[0] - 1
    at = np.int64(h & _LOW) & last
    while True:
        slot = model.slots[at]
        if slot == _0:
            return -1
        if slot >> _32 == h & _LOW:
            entry = np.int64(slot & _LOW) - 1
            start = model.spans[entry, 0]
            if model.spans[entry, 1] - start == end - i and _same(data, i, end, model.names, start):
                return entry
        at = (at + 1) & last


@inlined
def _same(data: Bytes, i: int, end: int, other: Bytes, start: int) -> bool:
    for k in range(end - i):
        if data[i + k] != other[start + k]:
            return False
    return True


@njit(nogil=True, cache=True)
def _score(data: Bytes, offsets: Offsets, model: DenseModel) -> Floats:
    lines, longest = offsets.shape[0] - 1, 0
    for line in range(lines):
        longest = max(longest, offsets[line + 1] - offsets[line])
    hashes = np.empty(longest // 2 + 2, np.uint64)  # of a line's words, the end among them
    ids = np.empty(AHEAD, np.int64)
    hidden = np.empty(model.rows.shape[1], np.float32)
    scores = np.zeros((lines, model.outputs.shape[0]), np.float32)
    for line in range(lines):
        hidden[:] = 0
        words, known = _add_words(data, offsets[line], offsets[line + 1], model, hashes, ids, hidden)
        known += _add_ngrams(hashes, words, model, ids, hidden)
        if known:
            _average(hidden, known)
            _softmax(hidden, model.outputs, scores[line])
    return scores


@kernel
def _add_words(
    data: Bytes, i: int, end: int, model: DenseModel, hashes: Hashes, ids: Offsets, hidden: Floats
) -> tuple[int, int]:
    """Add the rows of a line's words, its end's last; how many words it has, whose hashes are left, and how many of
    them the model knows. Labels are no words."""
    words, known, m, ended = 0, 0, 0, False
    while not ended:
        while i < end and _separates(data[i]):
            i += 1
        ended = i == end
        source, start, stop, h = data, i, i, _OFFSET
        if ended:
            source, start, stop = _END, 0, 4
            for k in range(4):
                h = _hashed(h, _END[k])
        else:
            while stop < end and not _separates(data[stop]):
                h = _hashed(h, data[stop])
                stop += 1
            i = stop
            # A text that spells the end ends there.
            ended = stop - start == 4 and _same(data, start, stop, _END, 0)
        entry = _entry(source, start, stop, h, model)
        if entry >= model.words or (
            entry < 0 and stop - start >= 9 and _same(source, start, start + 9, _PREFIX, 0)
        ):
            continue
        hashes[words] = np.uint64(np.int64(np.int32(h & _LOW)))  # the sign counts, as in fastText
        words += 1
        if entry >= 0:
            ids[m] = entry
            m += 1
            known += 1
            if m == AHEAD:
                m = _add_rows(model.rows, ids, m, hidden)
    _add_rows(model.rows, ids, m, hidden)
    return words, known


@kernel
def _add_ngrams(hashes: Hashes, words: int, model: DenseModel, ids: Offsets, hidden: Floats) -> int:
    """Add the rows of the n-grams of a line's words; how many there are."""
    m, known, bucket = 0, 0, np.uint64(model.bucket)
    for i in range(words):
        h = hashes[i]
        for j in range(i + 1, min(words, i + model.longest)):
            h = h * _CHAINED + hashes[j]
            ids[m] = model.words + np.int64(h % bucket)
            m += 1
            known += 1
            if m == AHEAD:
                m = _add_rows(model.rows, ids, m, hidden)
    _add_rows(model.rows, ids, m, hidden)
    return known


@kernel
def _add_rows(rows: Floats, ids: Offsets, count: int, hidden: Floats) -> int:
    """Add `count` rows, eight at a time: their waits for memory overlap. Returns how many are left, none."""
    whole = count - count % 8
    for k in range(0, whole, 8):
        a, b, c, d = rows[ids[k]], rows[ids[k + 1]], rows[ids[k + 2]], rows[ids[k + 3]]
        e, f, g, h = rows[ids[k + 4]], rows[ids[k + 5]], rows[ids[k + 6]], rows[ids[k + 7]]
        for j in range(hidden.shape[0]):
            hidden[j] = (((((((hidden[j] + a[j]) + b[j]) + c[j]) + d[j]) + e[j]) + f[j]) + g[j]) + h[j]
    for k in range(whole, count):
        row = rows[ids[k]]
        for j in range(hidden.shape[0]):
            hidden[j] += row[j]
    return 0


@kernel
def _average(hidden: Floats, known: int) -> None:
    share = np.float32(1.0 / known)
    for j in range(hidden.shape[0]):
        hidden[j] *= share


@kernel
def _softmax(hidden: Floats, outputs: Floats, scores: Floats) -> None:
    most, total = np.float32(-np.inf), np.float32(0)
    for label in range(outputs.shape[0]):
        sum = np.float32(0)
        for j in range(hidden.shape[0]):
            sum += outputs[label, j] * hidden[j]
        scores[label] = sum
        most = max(most, sum)
    for label in range(outputs.shape[0]):
        scores[label] = np.float32(exp(np.float64(scores[label] - most)))
        total += scores[label]
    for label in range(outputs.shape[0]):
        shifted = np.float32(log(np.float64(scores[label] / total) + _SHIFT))
        scores[label] = exp(shifted)
