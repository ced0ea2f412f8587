"""Components of candidates and numbers of digests equal their plain-Python counterparts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.dedup.components import components
from curation_lib.dedup.digests import Digests
from curation_lib.dedup.shingle_sets import ShingleSets


def linked(documents: list[list[int]]) -> list[int]:
    """The smallest document of each one's component, by repeated union of sets."""
    groups: list[tuple[set[int], set[int]]] = []
    for number, buckets in enumerate(documents):
        met = [group for group in groups if group[1] & set(buckets)]
        groups = [group for group in groups if group not in met]
        groups.append(({number}.union(*(m for m, _ in met)), set(buckets).union(*(b for _, b in met))))
    return [min(next(members for members, _ in groups if n in members)) for n in range(len(documents))]


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=16))
def test_components_are_those_of_shared_buckets(documents: list[list[int]]) -> None:
    edges = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    buckets = np.array([bucket for some in documents for bucket in some], np.int32)
    assert components(buckets, edges).tolist() == linked(documents)


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 1024, 2**63])), max_size=9), max_size=5))
def test_digests_are_numbered_as_they_are_met(batches: list[list[tuple[int, int]]]) -> None:
    table, seen = Digests(), dict[tuple[int, int], int]()
    for batch in batches:
        rows = np.array(batch, np.uint64).reshape(-1, 2)
        assert table.number(rows).tolist() == [seen.setdefault(pair, len(seen)) for pair in batch]


def test_digests_keep_their_numbers_while_the_table_grows() -> None:
    table = Digests()
    rows = np.random.default_rng(5).integers(0, 2**64, (5000, 2), np.uint64)
    for start in range(0, len(rows), 700):
        assert table.number(rows[start : start + 700]).tolist() == list(range(start, min(start + 700, len(rows))))
    assert table.number(rows).tolist() == list(range(len(rows)))


@given(st.lists(st.lists(st.integers(0, 5), max_size=4).map(sorted), min_size=1, max_size=12))
def test_sets_come_back_as_they_were_given(given_sets: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, given_sets)], dtype=np.int64)
    values = np.array([value for some in given_sets for value in some], np.uint64)
    with ShingleSets() as sets:
        numbers = sets.add(values, offsets)
        assert len(set(numbers.tolist())) == len({tuple(some) for some in given_sets})
        for most in (0, 2**20):  # mapped, and in memory
            read = sets.take(numbers, most)
            got = [read.values[a:b].tolist() for a, b in zip(read.begins, read.ends, strict=True)]
            assert got == given_sets
