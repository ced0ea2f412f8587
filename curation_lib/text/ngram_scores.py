"""What an n-gram model says of texts, straight from Arrow buffers.

Tokens are looked up order by order, many at a time: looking up an n-gram mostly waits for memory, and neighbouring
look-ups do not wait for each other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.kernels import kernel
from curation_lib.text.ngram_model import (
    LONGEST,
    MIDDLE,
    SIGN,
    WORD,
    Floats,
    Memory,
    NgramModel,
    Tables,
    chained,
    find_from,
    murmur,
    slot,
)

Totals = npt.NDArray[np.float64]

AHEAD = 2048
"""Tokens looked up at a time."""
_NEWLINE = 10


class Scores(NamedTuple):
    """Per text. log10: sum of log10 probabilities (float64). tokens: what was predicted, the sentence ends included.
    unknown: words that the model does not know. sentences: their ends."""

    log10: Totals
    tokens: Offsets
    unknown: Offsets
    sentences: Offsets

    @property
    def perplexity(self) -> Totals:
        """10 to the power of minus the mean log10 probability of a token, as KenLM's `perplexity`."""
        with np.errstate(over="ignore"):
            return np.asarray(np.minimum(10.0 ** (-self.log10 / self.tokens), np.finfo(np.float64).max))


def score_texts(column: Column, model: NgramModel, lines: bool = True) -> Scores:
    """Score each text, its tokens being what ASCII white space separates.

    lines: each line that has a token is a sentence, else the text is. A text without tokens is one empty sentence, so
    that its perplexity is that of an end. Memory: 150 kB and 32 bytes a text.
    """
    return score_bytes(*arrow_buffers(column), model, lines)


def score_bytes(data: Bytes, offsets: Offsets, model: NgramModel, lines: bool = True) -> Scores:
    """`score_texts` for texts as `(data, offsets)`."""
    return Scores(*_score(data, offsets, model.memory, model.floats, model.tables, lines))


class _Room(NamedTuple):
    """Tokens under way. hashes, ids: words; reach: how many tokens before belong to the sentence, at most order - 1;
    owner: the text, -1 for a sentence's beginning, which nobody predicts; keys, probability, longest: of the longest
    n-gram found; backoff[n]: weight of the n-gram that ends here; alive: tokens whose n-grams may go on; slots: where
    theirs are looked for. touched: see `_touch`."""

    hashes: Hashes
    ids: Memory
    reach: Offsets
    owner: Offsets
    keys: Hashes
    probability: Floats
    longest: Offsets
    backoff: Floats
    alive: Offsets
    slots: Offsets
    touched: Memory


@njit(nogil=True, cache=True)
def _room(order: int) -> _Room:
    size = AHEAD + order
    return _Room(
        np.zeros(size, np.uint64), np.zeros(size, np.uint32), np.zeros(size, np.int64), np.zeros(size, np.int64),
        np.zeros(size, np.uint64), np.zeros(size, np.float32), np.zeros(size, np.int64),
        np.zeros((order + 1, size), np.float32), np.zeros(size, np.int64), np.zeros(size, np.int64),
        np.zeros(1, np.uint32),
    )  # fmt: skip


@njit(nogil=True, cache=True)
def _score(
    data: Bytes, offsets: Offsets, memory: Memory, floats: Floats, tables: Tables, lines: bool
) -> tuple[Totals, Offsets, Offsets, Offsets]:
    rows, order = offsets.shape[0] - 1, tables.shape[0] - 1
    room = _room(order)
    log10, counts = np.zeros(rows, np.float64), np.zeros((3, rows), np.int64)
    begin = np.array([60, 115, 62], np.uint8)  # <s>
    finish = np.array([60, 47, 115, 62], np.uint8)  # </s>
    first, last = murmur(begin, 0, 3), murmur(finish, 0, 4)
    m, fresh = 0, 0
    for row in range(rows):
        i, end, depth = offsets[row], offsets[row + 1], 0  # depth: tokens of this sentence so far
        while True:
            i, ended = _skip(data, i, end, lines)
            if depth and (ended or i == end):
                m = _put(room, m, last, row, min(depth, order - 1))
                counts[2, row] += 1
                depth = 0
            if m > AHEAD - 4:
                m = _flush(room, fresh, m, memory, floats, tables, log10, counts)
                fresh = m
            if i == end and counts[2, row]:
                break
            if depth == 0:
                m = _put(room, m, first, -1, 0)
                depth = 1
            if i == end:
                continue
            stop = i
            while stop < end and not (9 <= data[stop] <= 13 or data[stop] == 32):
                stop += 1
            m = _put(room, m, murmur(data, i, stop), row, min(depth, order - 1))
            depth += 1
            i = stop
    _flush(room, fresh, m, memory, floats, tables, log10, counts)
    return log10, counts[0], counts[1], counts[2]


@kernel
def _skip(data: Bytes, i: int, end: int, lines: bool) -> tuple[int, bool]:
    """Where the next token begins, and whether a line ends before it."""
    ended = False
    while i < end and (9 <= data[i] <= 13 or data[i] == 32):
        ended |= lines and data[i] == _NEWLINE
        i += 1
    return i, ended


@kernel
def _put(room: _Room, m: int, word: np.uint64, owner: int, reach: int) -> int:
    room.hashes[m], room.owner[m], room.reach[m] = word, owner, reach
    return m + 1


@kernel
def _flush(
    room: _Room, fresh: int, m: int, memory: Memory, floats: Floats, tables: Tables, log10: Totals, counts: Tables
) -> Any:
    """Score tokens [fresh, m) and keep those before `m` that later ones follow; returns how many these are."""
    order = tables.shape[0] - 1
    _look_up_words(room, fresh, m, memory, floats, tables)
    alive = m - fresh
    for n in range(2, order + 1):
        alive = _look_up(room, fresh, m, n, alive, memory, floats, tables)
    for j in range(fresh, m):
        row = room.owner[j]
        if row >= 0:
            p = room.probability[j]
            for n in range(room.longest[j], room.reach[j] + 1):
                p += room.backoff[n, j - 1]
            log10[row] += np.float64(p)
            counts[0, row] += 1
            counts[1, row] += room.ids[j] == 0
    stay = min(order - 1, m)
    for j in range(stay):
        room.ids[j] = room.ids[m - stay + j]
        for n in range(1, order):
            room.backoff[n, j] = room.backoff[n, m - stay + j]
    return stay


@kernel
def _touch(room: _Room, count: int, memory: Memory) -> None:
    """Read where the look-ups begin, so that the waits for memory overlap: nothing here depends on what is read."""
    seen = np.uint32(0)
    for a in range(count):
        seen ^= memory[room.slots[a]]
    room.touched[0] = seen


@kernel
def _look_up_words(room: _Room, fresh: int, m: int, memory: Memory, floats: Floats, tables: Tables) -> None:
    first, buckets, unigrams = tables[0, 0], tables[0, 1], tables[1, 0]
    for j in range(fresh, m):
        room.slots[j - fresh] = slot(first, buckets, WORD, room.hashes[j])
    _touch(room, m - fresh, memory)
    for j in range(fresh, m):
        at = find_from(memory, room.slots[j - fresh], first, first + WORD * buckets, WORD, room.hashes[j])
        room.ids[j] = memory[at + 2] if at >= 0 else np.uint32(0)
    for j in range(fresh, m):
        at = unigrams + 2 * np.int64(room.ids[j])
        room.keys[j], room.longest[j] = np.uint64(room.ids[j]), 1
        room.probability[j], room.backoff[1, j] = -abs(floats[at]), floats[at + 1]
        # Where nothing longer ends in it, no bigram needs be looked for.
        room.alive[j - fresh] = j if memory[at] & SIGN == 0 else -1


@kernel
def _look_up(
    room: _Room, fresh: int, m: int, n: int, alive: int, memory: Memory, floats: Floats, tables: Tables
) -> int:
    """Find the n-grams of the first `alive` tokens; returns how many may have longer ones."""
    first, buckets, top = tables[n, 0], tables[n, 1], n == tables.shape[0] - 1
    width, wanted, still = LONGEST if top else MIDDLE, 0, 0
    for a in range(alive):
        j = room.alive[a]
        if j >= 0 and room.reach[j] >= n - 1:
            room.keys[j] = chained(room.keys[j], room.ids[j - n + 1])
            room.alive[wanted], room.slots[wanted] = j, slot(first, buckets, width, room.keys[j])
            wanted += 1
    _touch(room, wanted, memory)
    for j in range(fresh, m):
        room.backoff[n, j] = 0
    for a in range(wanted):
        j = room.alive[a]
        at = find_from(memory, room.slots[a], first, first + width * buckets, width, room.keys[j])
        if at < 0:
            continue
        room.longest[j], room.probability[j] = n, -abs(floats[at + 2])
        if not top:
            room.backoff[n, j] = floats[at + 3]
            if memory[at + 2] & SIGN == 0:
                room.alive[still] = j
                still += 1
    return still
