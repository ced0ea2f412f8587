"""A training text as numbers: which word stands where, four bytes each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.kernels import kernel
from curation_lib.text.ngram_model import murmur
from curation_lib.text.ngram_tables import BEGIN, END, UNKNOWN

FIRST_WORD = 3
"""Numbers 0, 1 and 2 are the unknown word, a sentence's beginning and its end."""
Numbers = npt.NDArray[np.uint32]
_NEWLINE = 10
_LEAST = 1 << 16


class Corpus:
    """Sentences, put in batch by batch. Words are numbered as they come; `words` are their bytes, by number.

    `<s>`, `</s>` and `<unk>` in a text are passed over, for a model knows them as something else.
    """

    def __init__(self) -> None:
        self.words = [UNKNOWN, BEGIN, END]
        self._pieces: list[Numbers] = []
        self._keys, self._ids = np.zeros(_LEAST, np.uint64), np.zeros(_LEAST, np.uint32)
        self._special = np.array([_hash(word) for word in (UNKNOWN, b"<UNK>", BEGIN, END)], np.uint64)

    @property
    def tokens(self) -> int:
        """Words, beginnings and ends."""
        return sum(map(len, self._pieces))

    def add(self, data: Bytes, offsets: Offsets) -> None:
        """Put in texts whose tokens ASCII white space separates and whose lines are sentences."""
        size = int(offsets[-1] - offsets[0])
        self._make_room(len(self.words) + size // 2 + 1)
        known, most = len(self.words), size // 2 + 1
        starts, ends = np.empty(most, np.int64), np.empty(most, np.int64)
        ids, new = _number(data, offsets, self._keys, self._ids, self._special, known, starts, ends)
        self._pieces.append(ids)
        self.words.extend(data[a:b].tobytes() for a, b in zip(starts[:new].tolist(), ends[:new].tolist(), strict=True))

    def numbers(self) -> Numbers:
        """All sentences, each with its beginning and end; the pieces are given up."""
        pieces, self._pieces = self._pieces, []
        return np.concatenate(pieces) if pieces else np.zeros(0, np.uint32)

    def _make_room(self, words: int) -> None:
        """At most half of the table's slots may be taken."""
        slots = len(self._keys)
        while slots < 2 * words:
            slots *= 2
        if slots > len(self._keys):
            keys, ids = np.zeros(slots, np.uint64), np.zeros(slots, np.uint32)
            _move(self._keys, self._ids, keys, ids)
            self._keys, self._ids = keys, ids


def _hash(word: bytes) -> Any:
    return murmur(np.frombuffer(word, np.uint8), 0, len(word))


@kernel
def _place(keys: Hashes, key: np.uint64) -> Any:
    """Where `key` stands or would stand."""
    mask = keys.shape[0] - 1
    at = np.int64(key & np.uint64(mask))
    while keys[at] not in (key, np.uint64(0)):
        at = (at + 1) & mask
    return at


@njit(nogil=True, cache=True)
def _move(keys: Hashes, ids: Numbers, to: Hashes, to_ids: Numbers) -> None:
    for i in range(keys.shape[0]):
        if keys[i]:
            at = _place(to, keys[i])
            to[at], to_ids[at] = keys[i], ids[i]


@njit(nogil=True, cache=True)
def _number(
    data: Bytes,
    offsets: Offsets,
    keys: Hashes,
    ids: Numbers,
    special: Hashes,
    known: int,
    starts: Offsets,
    ends: Offsets,
) -> tuple[Numbers, int]:
    """Numbers of all tokens; spelling of the new words in `starts` and `ends`, and how many they are."""
    rows = offsets.shape[0] - 1
    out = np.empty(3 * ((offsets[rows] - offsets[0]) // 2 + rows + 1), np.uint32)
    m, new = 0, 0
    for row in range(rows):
        i, end, inside = offsets[row], offsets[row + 1], False
        while i < end:
            if 9 <= data[i] <= 13 or data[i] == 32:
                if data[i] == _NEWLINE and inside:
                    out[m], inside = 2, False
                    m += 1
                i += 1
                continue
            start = i
            while i < end and not (9 <= data[i] <= 13 or data[i] == 32):
                i += 1
            key = murmur(data, start, i)
            if key in special:
                continue
            if not inside:
                out[m], inside = 1, True
                m += 1
            at = _place(keys, key)
            if keys[at] == 0:
                keys[at], ids[at] = key, known + new
                starts[new], ends[new] = start, i
                new += 1
            out[m] = ids[at]
            m += 1
        if inside:
            out[m] = 2
            m += 1
    return out[:m].copy(), new
