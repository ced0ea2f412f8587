from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.winnowing import fingerprints, run_hashes

ROWS = st.lists(st.lists(st.integers(1, 4), max_size=20), max_size=5)


def columns(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Words that are small numbers, each as the hash of a word would be: spread over 64 bits."""
    words = [word * 0x9E3779B97F4A7C15 % 2**64 for row in rows for word in row]
    return np.array(words, np.uint64), np.cumsum([0, *map(len, rows)])


@given(ROWS, st.integers(1, 6))
def test_equal_runs_have_equal_hashes_and_others_do_not(rows: list[list[int]], size: int) -> None:
    hashes, offsets = run_hashes(*columns(rows), size)
    runs = [[tuple(row[n : n + size]) for n in range(len(row) - size + 1)] for row in rows]
    assert np.diff(offsets).tolist() == [len(row) for row in runs]
    flat = [run for row in runs for run in row]
    assert len(set(flat)) == len(set(hashes.tolist())) == len(set(zip(flat, hashes.tolist(), strict=True)))


@given(ROWS, st.integers(1, 7))
def test_every_run_is_in_a_stretch_and_gives_the_hash_of_its_least_part(rows: list[list[int]], size: int) -> None:
    found = fingerprints(*columns(rows), size)
    k = max(1, size // 2)
    given_by: dict[tuple[int, ...], int] = {}
    for row, (a, b) in zip(rows, pairwise(found.offsets.tolist()), strict=True):
        first, last, values = (column[a:b].tolist() for column in (found.firsts, found.lasts, found.values))
        starts = [n for i, j in zip(first, last, strict=True) for n in range(i, j)]
        assert starts == list(range(max(0, len(row) - size + 1)))
        assert all(one != other for one, other in pairwise(values))
        for i, j, value in zip(first, last, values, strict=True):
            for n in range(i, j):
                parts, _ = run_hashes(*columns([row[n : n + size]]), k)
                assert value == min(parts.tolist())
                assert given_by.setdefault(tuple(row[n : n + size]), value) == value


@pytest.mark.parametrize("size", [10, 50])
def test_few_hashes_are_chosen(size: int) -> None:
    """2 / (w + 1) of the words (Schleimer, Wilkerson, Aiken 2003, 3.1); w is half the run and one."""
    words = np.random.default_rng(7).integers(0, 2**64, 200_000, dtype=np.uint64)
    chosen = len(fingerprints(words, np.array([0, len(words)]), size).values) / len(words)
    assert chosen == pytest.approx(2 / (size - size // 2 + 2), rel=0.05)


def test_a_word_a_million_times_gives_one_hash() -> None:
    words = np.full(1_000_000, 5, np.uint64)
    assert len(fingerprints(words, np.array([0, len(words)]), 50).values) == 1
