"""Exact order statistics of a whole corpus in bounded memory: radix selection, most significant digits first.

A key is a row of digits of 16 bits that sort as the documents shall. Each pass over the scores counts the next digit
of the keys that begin with what earlier passes found: half a megabyte of counts per statistic sought, however many
documents there are, and no sketch. Counts add up in any order, so shards do not show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

Digits = npt.NDArray[np.uint16]
BITS = 16
SCORE_DIGITS, TIED_DIGITS = 2, 6
"""Digits of a float32, and of one with the hash by which equal ones are ordered."""


class Target(TypedDict):
    """One statistic: the digits that are known of its key, its rank among the keys that begin so, their number."""

    prefix: list[int]
    rank: int
    count: int


class State(TypedDict):
    """Keys in all, and the statistics sought, in ascending order."""

    rows: int
    targets: list[Target]


Partial = list[tuple[tuple[int, ...], Digits]]
"""The next digits of a batch's keys, by what they begin with."""

Counts = dict[tuple[int, ...], npt.NDArray[np.int64]]
"""How many keys have which next digit, int64[65536], by what they begin with."""


def float_digits(values: npt.NDArray[np.float32]) -> Digits:
    """uint16[rows, 2] that sort as the values do; 0 and -0 are one value."""
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32)
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return np.stack([ordered >> BITS, ordered & 0xFFFF], axis=1).astype(np.uint16)


def float_of(digits: Sequence[int]) -> float:
    """The value whose `float_digits` begin with the two digits."""
    ordered = digits[0] << BITS | digits[1]
    bits = ordered & 0x7FFFFFFF if ordered >> 31 else ~ordered & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))


def integer_digits(values: npt.NDArray[np.uint64]) -> Digits:
    """uint16[rows, 4] that sort as the values do."""
    shifts = np.arange(48, -1, -BITS, dtype=np.uint64)
    return (values[:, None] >> shifts).astype(np.uint16)


def tied_digits(values: npt.NDArray[np.float32], ties: npt.NDArray[np.uint64], digits: int = TIED_DIGITS) -> Digits:
    """uint16[rows, 6] that sort as the values do, equal ones as `ties`; uint16[rows, 2] where no more are asked for."""
    scores = float_digits(values)
    return scores if digits <= SCORE_DIGITS else np.hstack([scores, integer_digits(ties)])


def known_digits(state: State | None) -> int:
    """Digits that earlier passes found."""
    return len(state["targets"][0]["prefix"]) if state and state["targets"] else 0


def settled(state: State) -> bool:
    """Whether every statistic over `tied_digits` is known as far as it decides: the score, and the tie unless all that
    have the score lie on one side."""
    return all(
        len(one["prefix"]) == TIED_DIGITS or (len(one["prefix"]) >= SCORE_DIGITS and one["rank"] + 1 == one["count"])
        for one in state["targets"]
    )


def summary(keys: Digits, state: State | None) -> Partial:
    """What the next pass has to know of a batch with these keys, uint16[rows, digits]."""
    if state is None:
        return [((), keys[:, 0])]
    prefixes = sorted({tuple(one["prefix"]) for one in state["targets"]})
    return [(p, keys[(keys[:, : len(p)] == np.array(p, np.uint16)).all(axis=1), len(p)]) for p in prefixes]


def count(partial: Partial, counts: Counts) -> None:
    """Add a batch to `counts`."""
    for prefix, digits in partial:
        found = counts.setdefault(prefix, np.zeros(1 << BITS, np.int64))
        np.add.at(found, digits, 1)


def narrowed(counts: Counts, ranks: Callable[[int], Sequence[int]], state: State | None) -> State:
    """The state with one digit more. `ranks(rows)`, asked in the first pass, says which keys are sought: 0 is the
    smallest."""
    if state is None:
        rows = int(sum(found.sum() for found in counts.values()))
        sought = ranks(rows) if rows else ()
        state = {"rows": rows, "targets": [{"prefix": [], "rank": rank, "count": rows} for rank in sought]}
    found = [_narrowed(one, counts[tuple(one["prefix"])]) for one in state["targets"]]
    return {"rows": state["rows"], "targets": found}


def _narrowed(target: Target, counts: npt.NDArray[np.int64]) -> Target:
    below = np.cumsum(counts)
    digit = int(np.searchsorted(below, target["rank"], side="right"))
    passed = int(below[digit - 1]) if digit else 0
    return {"prefix": [*target["prefix"], digit], "rank": target["rank"] - passed, "count": int(counts[digit])}


def at_most(keys: Digits, prefix: Sequence[int]) -> npt.NDArray[np.bool_]:
    """bool[rows]: the key does not come behind all that begin with `prefix`."""
    less, equal = np.zeros(len(keys), bool), np.ones(len(keys), bool)
    for place, digit in enumerate(prefix):
        less |= equal & (keys[:, place] < digit)
        equal &= keys[:, place] == digit
    return less | equal
