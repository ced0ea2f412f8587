"""An n-gram model made from words and weights."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numba import njit

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Bytes, Offsets
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
    find,
    murmur,
    read_only,
)
from curation_lib.text.ngram_tables import FILLED, FIXED, SANITY, Ngrams, Words, layout, new_entry


def build_model(words: Words, orders: Sequence[Ngrams]) -> NgramModel:
    """The model with these n-grams of orders 1, 2, …; entry n of the unigrams is word n.

    An n-gram whose ending is no n-gram (a pruned model) gets it, with the probability that backing off gives it.
    Raises ConfigError for an n-gram that stands twice or whose beginning is no n-gram.
    """
    if len(orders) < 2:
        raise ConfigError("the model has unigrams only; give one of order 2 or more")
    while True:
        model = _empty(words, orders)
        for n, ngrams in enumerate(orders[1:], 2):
            if _insert(model.memory, model.floats, model.tables, n, *ngrams) >= 0:
                raise ConfigError(f"an n-gram of {n} words stands twice in the model, or two words have one hash")
        missing = {n: _without_ending(model.memory, model.tables, orders[n - 1].ids) for n in range(3, len(orders) + 1)}
        if not any(len(rows) for rows in missing.values()):
            break
        orders = _completed(orders, missing)
    for n in range(2, len(orders) + 1):
        if _link(model.memory, model.floats, model.tables, orders[n - 1].ids) >= 0:
            raise ConfigError(f"the beginning of an n-gram of {n} words is no n-gram of the model; prune less")
    return read_only(model.memory, model.tables)


def _empty(words: Words, orders: Sequence[Ngrams]) -> NgramModel:
    """Head, words and unigrams."""
    counts = [len(ngrams.probability) for ngrams in orders]
    slots, tables = layout(counts)
    memory = np.zeros(slots, np.uint32)
    head = SANITY + FIXED.pack(len(counts), FILLED, 0, True, 0) + struct.pack(f"<{len(counts)}Q", *counts)
    memory.view(np.uint8)[: len(head)] = np.frombuffer(head, np.uint8)
    memory[tables[0, 0] - 1] = counts[0]
    _insert_words(memory, tables, *words)
    first = int(tables[1, 0])
    unigrams = memory.view(np.float32)[first : first + 2 * counts[0]]
    unigrams[0::2], unigrams[1::2] = orders[0].probability + np.float32(0), _no_extension(orders[0].backoff)
    return NgramModel(memory, memory.view(np.float32), tables)


def _no_extension(backoff: Floats) -> Floats:
    """KenLM takes a weight of -0 for an n-gram that begins no longer one."""
    return np.where(backoff == 0, np.float32(-0.0), backoff).astype(np.float32)


def _completed(orders: Sequence[Ngrams], missing: dict[int, Offsets]) -> list[Ngrams]:
    """The orders with the endings that these rows lack; the longest first, for an ending may lack one, too."""
    out = list(orders)
    for n in sorted(missing, reverse=True):
        if len(missing[n]):
            ids = np.unique(out[n - 1].ids[missing[n], 1:], axis=0)
            lower = out[n - 2]
            score = np.array([_backed_off(out, row) for row in ids.tolist()], np.float32)
            out[n - 2] = Ngrams(
                np.concatenate([lower.ids, ids]),
                np.concatenate([lower.probability, score]),
                np.concatenate([lower.backoff, np.zeros(len(ids), np.float32)]),
            )
    return out


def _backed_off(orders: Sequence[Ngrams], ids: list[int]) -> float:
    """log10 probability of the last word, by the longest n-gram there is."""
    if (row := _row(orders[len(ids) - 1], ids)) is not None:
        return float(orders[len(ids) - 1].probability[row])
    context = _row(orders[len(ids) - 2], ids[:-1])
    weight = 0.0 if context is None else float(orders[len(ids) - 2].backoff[context])
    return weight + _backed_off(orders, ids[1:])


def _row(ngrams: Ngrams, ids: list[int]) -> int | None:
    found = np.flatnonzero((ngrams.ids == np.array(ids, np.uint32)).all(axis=1))
    return int(found[0]) if len(found) else None


@njit(nogil=True, cache=True)
def _insert_words(memory: Memory, tables: Tables, data: Bytes, starts: Offsets, ends: Offsets) -> None:
    for n in range(1, starts.shape[0]):
        at = new_entry(memory, tables[0, 0], tables[0, 1], WORD, murmur(data, starts[n], ends[n]))
        if at >= 0:
            memory[at + 2] = n


@kernel
def _key(ids: Memory, row: int, first: int, last: int) -> np.uint64:
    """Key of words first to last - 1 of an n-gram."""
    key = np.uint64(ids[row, last - 1])
    for n in range(last - 2, first - 1, -1):
        key = chained(key, ids[row, n])
    return key


@njit(nogil=True, cache=True)
def _insert(
    memory: Memory, floats: Floats, tables: Tables, n: int, ids: Memory, probability: Floats, backoff: Floats
) -> int:
    """Put in the n-grams; returns the row of one that is there already, else -1."""
    longest = n == tables.shape[0] - 1
    for row in range(ids.shape[0]):
        at = new_entry(memory, tables[n, 0], tables[n, 1], LONGEST if longest else MIDDLE, _key(ids, row, 0, n))
        if at < 0:
            return row
        floats[at + 2] = -abs(probability[row])
        memory[at + 2] |= SIGN
        if not longest:
            floats[at + 3] = backoff[row] if backoff[row] != 0 else np.float32(-0.0)
    return -1


@njit(nogil=True, cache=True)
def _without_ending(memory: Memory, tables: Tables, ids: Memory) -> Offsets:
    """Rows of n-grams of three words or more whose last n - 1 are no n-gram."""
    n, rows = ids.shape[1], np.zeros(ids.shape[0], np.int64)
    m = 0
    for row in range(ids.shape[0]):
        if find(memory, tables[n - 1, 0], tables[n - 1, 1], MIDDLE, _key(ids, row, 1, n)) < 0:
            rows[m] = row
            m += 1
    return rows[:m]


@njit(nogil=True, cache=True)
def _link(memory: Memory, floats: Floats, tables: Tables, ids: Memory) -> int:
    """Mark the endings and the beginnings of n-grams; returns a row whose beginning is missing, else -1."""
    n = ids.shape[1]
    for row in range(ids.shape[0]):
        ending, beginning = tables[1, 0] + 2 * np.int64(ids[row, 1]), tables[1, 0] + 2 * np.int64(ids[row, 0])
        weight = beginning + 1
        if n > 2:
            ending = find(memory, tables[n - 1, 0], tables[n - 1, 1], MIDDLE, _key(ids, row, 1, n)) + 2
            beginning = find(memory, tables[n - 1, 0], tables[n - 1, 1], MIDDLE, _key(ids, row, 0, n - 1))
            weight = beginning + 3
        if beginning < 0:
            return row
        memory[ending] &= ~SIGN
        if floats[weight] == 0:
            floats[weight] = 0  # it was -0
    return -1
