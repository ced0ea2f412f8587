from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.audit.clusters import clustered, components, distribution, largest

PAIRS = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=25)


def reached(pairs: list[tuple[int, int]], start: int) -> set[int]:
    """Every node that the pairs lead to from `start`."""
    seen, queue = {start}, [start]
    while queue:
        at = queue.pop()
        new = {b for pair in pairs for a, b in (pair, pair[::-1]) if a == at} - seen
        seen |= new
        queue += new
    return seen


@given(PAIRS)
def test_a_component_is_what_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    assert components(ends[:, 0], ends[:, 1], 15).tolist() == [min(reached(pairs, n)) for n in range(15)]


def test_a_long_chain_in_any_order_is_one_component() -> None:
    steps = np.random.default_rng(1).permutation(20_000)
    assert set(components(steps, steps + 1, 20_001).tolist()) == {0}


def edges(*rows: tuple[str, str, float | None]) -> pa.Table:
    names = ("doc_id", "twin", "similarity")
    return pa.table(
        [
            pa.array(c, t)
            for c, t in zip(zip(*rows, strict=True), (pa.string(), pa.string(), pa.float64()), strict=True)
        ],
        names,
    )


def dropped(*ids: str) -> pa.Table:
    return pa.table({"doc_id": pa.array(ids, pa.string())})


CHAIN = edges(("b", "a", 0.9), ("b", "c", 0.8), ("y", "x", 1.0), ("e", "c", 0.7), ("e2", "c", None))


def test_a_chain_is_one_cluster_that_keeps_its_ends() -> None:
    found = clustered(CHAIN, dropped("b", "y", "e", "e2"))
    assert (found.kept.tolist(), found.dropped.tolist(), found.sizes.tolist()) == ([2, 1], [3, 1], [5, 2])
    first, second = largest(found)
    assert (first["size"], first["kept"], first["dropped"], first["leader"]) == (5, 2, 3, "c")
    assert first["samples"] == [
        {"doc_id": "e", "similarity": 0.7},
        {"doc_id": "b", "similarity": 0.8},
        {"doc_id": "e2", "similarity": None},
    ]
    assert second["leader"] == "x"


def test_a_repeated_id_counts_as_often_as_it_was_dropped() -> None:
    found = clustered(edges(("a", "a", None), ("a", "a", None), ("b", "a", 1.0)), dropped("a", "a", "b"))
    assert (found.kept.tolist(), found.dropped.tolist()) == ([1], [3])


def test_the_order_of_the_edges_does_not_matter() -> None:
    shuffled = CHAIN.take(pa.array([4, 2, 0, 3, 1]))
    one, other = (largest(clustered(e, dropped("b", "y", "e", "e2"))) for e in (CHAIN, shuffled))
    assert one == other


def test_ten_clusters_are_shown_and_five_documents_of_each() -> None:
    rows = [(f"d{n:02}-{m}", f"k{n:02}", 1.0) for n in range(12) for m in range(n + 1)]
    shown = largest(clustered(edges(*rows), dropped(*(row[0] for row in rows))))
    assert [cluster["leader"] for cluster in shown] == [f"k{n:02}" for n in range(11, 1, -1)]
    assert [len(cluster["samples"]) for cluster in shown] == [5] * 8 + [4, 3]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([2], [(2, 2, 1, 2)]),
        ([5, 2, 2, 4, 3, 9], [(2, 2, 2, 4), (3, 4, 2, 7), (5, 8, 1, 5), (9, 16, 1, 9)]),
        (
            [200_000],
            [(2, 2, 0, 0), *((2**n + 1, 2 ** (n + 1), 0, 0) for n in range(1, 17)), (131_073, 262_144, 1, 200_000)],
        ),
    ],
)
def test_sizes_are_counted_by_powers_of_two(sizes: list[int], expected: list[tuple[int, ...]]) -> None:
    found = [tuple(row.values()) for row in distribution(np.array(sizes, np.int64))]
    assert found == expected
