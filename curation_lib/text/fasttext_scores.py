"""What a fastText model held as arrays says of lines: the library's own sums in its own order (fastText 0.9,
`Dictionary::getLine`, `Model::predict`), so that scores are the library's to the bit.

The library adds one row at a time and mostly waits for memory. Here eight rows are added together, each number still
in the order of the rows.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.fasttext_dense import NOTHING, DenseModel, Floats, entry_of, hashed, same
from curation_lib.text.kernels import inlined, kernel

AHEAD = 1024
"""Rows that are known before they are added."""
_CHAINED = np.uint64(116049371)
_LOW = np.uint64(0xFFFFFFFF)
_PREFIX = np.frombuffer(b"__label__", np.uint8)
_END = np.frombuffer(b"</s>", np.uint8)
_SHIFT = 1e-5
"""What fastText adds to a probability before its logarithm."""


def dense_scores(data: Bytes, offsets: Offsets, model: DenseModel) -> Floats:
    """float32[lines, labels] in the model's order: fastText's probability of each, 0 throughout for a line of which
    it knows nothing. A line ends as if a newline followed; it must hold none."""
    scores: Floats = _score(data, offsets, model)
    return scores


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


@inlined
def _separates(byte: Any) -> Any:
    return byte <= 32 and (byte == 32 or byte == 0 or 9 <= byte <= 13)


@inlined
def _word(data: Bytes, i: int, end: int) -> tuple[int, int, np.uint64]:
    """Where the next word begins and ends, and its hash; it begins and ends at `end` where there is none."""
    while i < end and _separates(data[i]):
        i += 1
    start, h = i, NOTHING
    while i < end and not _separates(data[i]):
        h = hashed(h, data[i])
        i += 1
    return start, i, h


@kernel
def _add_words(
    data: Bytes, i: int, end: int, model: DenseModel, hashes: Hashes, ids: Offsets, hidden: Floats
) -> tuple[int, int]:
    """Add the rows of a line's words, its end's last; how many words it has, whose hashes are left, and how many of
    them the model knows. Labels are no words, and a text that spells the end ends there."""
    words, known, m, ended = 0, 0, 0, False
    while not ended:
        source, (start, stop, h) = data, _word(data, i, end)
        i = stop
        if start == stop:
            source, (start, stop, h) = _END, _word(_END, 0, 4)
        ended = stop - start == 4 and same(source, start, stop, _END, 0)
        entry = entry_of(source, start, stop, h, model)
        if entry >= model.words or (entry < 0 and stop - start >= 9 and same(_PREFIX, 0, 9, source, start)):
            continue
        hashes[words] = np.uint64(np.int64(np.int32(h & _LOW)))  # the sign counts, as in fastText
        words += 1
        if entry >= 0:
            ids[m] = entry
            m, known = m + 1, known + 1
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
            m, known = m + 1, known + 1
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
    """Probabilities as the library has them: sums in float32, logarithm and powers in the precisions of its C++."""
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
