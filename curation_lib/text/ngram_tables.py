"""Where the parts of an n-gram model lie in its memory (see `text.ngram_model`), and putting keys there."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.kernels import kernel
from curation_lib.text.ngram_model import LONGEST, MIDDLE, WORD, Floats, Memory, Tables, slot

FILLED = 1.5
"""Buckets per entry, KenLM's own default."""
UNKNOWN, BEGIN, END = b"<unk>", b"<s>", b"</s>"
NO_UNKNOWN = -100.0
"""log10 probability of a word that the model does not know, where it has no `<unk>`; as in KenLM."""
MAGIC = b"mmap lm http://kheafield.com/code format version 5\n\0"
SANITY = MAGIC.ljust(56, b"\0") + struct.pack("<fffIIIQ", 0.0, 1.0, -0.5, 1, 2**32 - 1, 0, 1)
FIXED = struct.Struct("<B3xfI?3xI")
"""Order, buckets per entry, type (0: probing), whether the words are there, version of the tables."""
_VOCABULARY = 8
"""Bytes before the words' table: its version and the number of words."""


class Ngrams(NamedTuple):
    """The n-grams of one order. ids: uint32[entries, n], words from first to last; probability, backoff: log10."""

    ids: Memory
    probability: Floats
    backoff: Floats


class Words(NamedTuple):
    """Word `n` is data[starts[n]:ends[n]]; word 0 is the unknown one."""

    data: Bytes
    starts: Offsets
    ends: Offsets


def words_of(words: Sequence[bytes]) -> Words:
    """Words as kernels read them."""
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    return Words(np.frombuffer(b"".join(words), np.uint8), np.concatenate([[0], ends[:-1]]), ends)


def layout(counts: Sequence[int], filled: float = FILLED) -> tuple[int, Tables]:
    """`(slots, tables)` of a model with these counts; slots are counted from the beginning of its file."""
    at = (len(SANITY) + FIXED.size + 8 * len(counts) + 7) // 8 * 2 + _VOCABULARY // 4
    tables = np.zeros((len(counts) + 1, 2), np.int64)
    tables[0] = at, buckets(counts[0], filled)
    at += WORD * int(tables[0, 1])
    tables[1] = at, counts[0]
    at += 2 * (counts[0] + 1)
    for n in range(2, len(counts) + 1):
        tables[n] = at, buckets(counts[n - 1], filled)
        at += (LONGEST if n == len(counts) else MIDDLE) * int(tables[n, 1])
    return at, tables


def buckets(entries: int, filled: float) -> int:
    """Buckets of a table; KenLM multiplies in single precision."""
    return max(entries + 1, int(np.float32(filled) * np.float32(entries)))


@kernel
def new_entry(memory: Memory, first: int, buckets: int, width: int, key: np.uint64) -> Any:
    """Put `key` into the table; the slot where its entry begins, -1 where it stands there already."""
    at = slot(first, buckets, width, key)
    while memory[at] | memory[at + 1]:
        if np.uint64(memory[at]) | np.uint64(memory[at + 1]) << np.uint64(32) == key:
            return -1
        at += width
        if at == first + width * buckets:
            at = first
    memory[at], memory[at + 1] = key & np.uint64(0xFFFFFFFF), key >> np.uint64(32)
    return at
