from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.shingles import jaccard, shingle_hashes, shingle_sets

ROWS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=6)


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([v for row in rows for v in row], np.uint64)
    return values, np.cumsum([0, *map(len, rows)], dtype=np.int64)


@given(ROWS, st.integers(1, 6))
def test_equal_runs_of_words_and_no_others_share_a_hash(rows: list[list[int]], k: int) -> None:
    hashes, offsets = shingle_hashes(*flat(rows), k)
    expected = [[tuple(row[i : i + k]) for i in range(max(len(row) - k + 1, bool(row)))] for row in rows]
    assert np.diff(offsets).tolist() == [len(shingles) for shingles in expected]
    of = dict(zip([s for row in expected for s in row], hashes.tolist(), strict=True))
    assert [of[s] for row in expected for s in row] == hashes.tolist()
    assert len(set(of.values())) == len(of)


@given(ROWS)
def test_sets_are_sorted_and_distinct(rows: list[list[int]]) -> None:
    values, offsets = shingle_sets(*flat(rows))
    assert [values[a:b].tolist() for a, b in pairwise(offsets)] == [sorted(set(row)) for row in rows]


def test_sets_leave_their_input_alone() -> None:
    values, offsets = flat([[3, 1, 1]])
    shingle_sets(values, offsets)
    assert values.tolist() == [3, 1, 1]


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_jaccard_equals_python_sets(a: set[int], b: set[int]) -> None:
    values, offsets = flat([sorted(a), sorted(b)])
    expected = len(a & b) / len(a | b) if a | b else 0.0
    assert jaccard(values, offsets[0], offsets[1], offsets[1], offsets[2]) == expected


def test_a_shingle_has_words() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        shingle_hashes(*flat([[1]]), 0)
