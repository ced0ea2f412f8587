"""Documents into sequences: as they are, concatenated and cut, or packed by best fit.

`concatenate`: all documents one after the other, cut every L tokens: no padding but in the last sequence, many
documents cut. `best_fit` (Ding et al. 2024, https://arxiv.org/abs/2404.10830): only documents longer than L are cut;
pieces go, the longest first, where the least room is left after them, so almost nothing is padded and no short document
is cut. What room is left is filled with the end-of-text id.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Packing = Literal["none", "concatenate", "best_fit"]
Ints = npt.NDArray[np.int64]


class Sequences(NamedTuple):
    """Sequence i is ids[offsets[i]:offsets[i + 1]]; of all ids `ends` end documents and `padding` fill up."""

    ids: npt.NDArray[np.generic]
    offsets: Ints
    ends: int
    padding: int


def packed(ids: npt.NDArray[np.uint32], offsets: Ints, packing: Packing, length: int | None, pad: int) -> Sequences:
    """Documents, each with an end-of-text id behind it, as sequences, of `length` tokens unless packing is none."""
    ends = len(offsets) - 1
    if packing == "none" or length is None:
        return Sequences(ids, offsets, ends, 0)
    if packing == "concatenate":
        flat = np.concatenate([ids, np.full(-len(ids) % length, pad, np.uint32)])
    else:
        starts, sizes = pieces(offsets, length)
        bins = by_first(best_fit(sizes, length))
        flat = np.full(length * (int(bins.max(initial=-1)) + 1), pad, np.uint32)
        _copy(ids, starts, sizes, _places(bins, sizes, length), flat)
    return Sequences(flat, np.arange(0, len(flat) + 1, length), ends, len(flat) - len(ids))


def pieces(offsets: Ints, length: int) -> tuple[Ints, Ints]:
    """Start and size of each document's pieces of at most `length` tokens, in order."""
    sizes = np.diff(offsets)
    counts = -(-sizes // length)
    document = np.repeat(np.arange(len(sizes)), counts)
    number = np.arange(len(document)) - np.repeat(np.cumsum(counts) - counts, counts)
    return offsets[document] + number * length, np.minimum(sizes[document] - number * length, length)


def by_first(bins: Ints) -> Ints:
    """The bins numbered anew in the order of their first pieces: not by size, but shuffled as the documents are."""
    _, first, bins = np.unique(bins, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Ints = rank[bins]
    return numbered


def _places(bins: Ints, sizes: Ints, length: int) -> Ints:
    """Where each piece begins in the flat result; pieces of a bin stand in their own order."""
    order = np.argsort(bins, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    starts = np.searchsorted(bins[order], np.arange(int(bins.max(initial=-1)) + 1))
    places = np.empty(len(sizes), np.int64)
    places[order] = bins[order] * length + before - before[starts][bins[order]]
    return places


def best_fit(sizes: Ints, length: int) -> Ints:
    """int64[pieces]: the bin of `length` tokens that each piece goes to. Longest pieces first, equal ones in order;
    each into the bin whose room is smallest among those that hold it, of equal rooms the one that has had it shortest,
    else into a new bin."""
    order = np.argsort(-sizes, kind="stable")
    return _best_fit(sizes, order, length)


@numba.njit(cache=True)
def _best_fit(sizes: Ints, order: Ints, length: int) -> Ints:
    """Bins of equal room form a stack (`top`, `below`); a tree of flags over rooms finds the next room that has one."""
    leaves = 1
    while leaves < length + 1:
        leaves *= 2
    tree = np.zeros(2 * leaves, np.bool_)
    top, below = np.full(length + 1, -1, np.int64), np.full(len(sizes), -1, np.int64)
    found = np.empty(len(sizes), np.int64)
    bins = 0
    for piece in order:
        size = sizes[piece]
        room = _next_room(tree, leaves, size)
        if room < 0:
            room, one = length, bins
            bins += 1
        else:
            one = top[room]
            top[room] = below[one]
            if top[room] < 0:
                _clear(tree, leaves + room)
        found[piece] = one
        left = room - size
        if left > 0:
            below[one], top[left] = top[left], one
            node = leaves + left
            while node and not tree[node]:
                tree[node] = True
                node //= 2
    return found


@numba.njit(cache=True)
def _next_room(tree: npt.NDArray[np.bool_], leaves: int, size: int) -> int:
    """The smallest flagged leaf at or behind `size`, -1 where none is."""
    if size >= leaves:
        return -1
    node = leaves + size
    if tree[node]:
        return size
    while node > 1:
        if node % 2 == 0 and tree[node + 1]:
            node += 1
            while node < leaves:
                node = 2 * node if tree[2 * node] else 2 * node + 1
            return node - leaves
        node //= 2
    return -1


@numba.njit(cache=True)
def _clear(tree: npt.NDArray[np.bool_], node: int) -> None:
    tree[node] = False
    while node > 1 and not tree[node ^ 1]:
        node //= 2
        tree[node] = False


@numba.njit(cache=True)
def _copy(ids, starts, sizes, places, flat) -> None:  # type: ignore[no-untyped-def]
    for i in range(len(starts)):
        flat[places[i] : places[i] + sizes[i]] = ids[starts[i] : starts[i] + sizes[i]]
