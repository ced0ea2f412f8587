from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.filters.order_statistics import (
    Counts,
    State,
    at_most,
    count,
    float_digits,
    float_of,
    integer_digits,
    narrowed,
    summary,
)

FLOATS = st.floats(width=32, allow_nan=False)


def selected(batches: Sequence[np.ndarray], ranks: Sequence[int]) -> State:
    state: State | None = None
    for _ in range(batches[0].shape[1]):
        counts: Counts = {}
        for batch in batches:
            count(summary(batch, state), counts)
        state = narrowed(counts, lambda rows: ranks, state)
    assert state is not None
    return state


@settings(max_examples=50)
@given(st.lists(FLOATS, min_size=1, max_size=40), st.data())
def test_every_rank_of_floats_is_that_of_a_sort(values: list[float], data: st.DataObject) -> None:
    ranks = sorted(data.draw(st.sets(st.integers(0, len(values) - 1), max_size=4)))
    cut = data.draw(st.integers(0, len(values)))
    keys = float_digits(np.array(values, np.float32))
    state = selected([keys[cut:], keys[:cut]], ranks)
    assert state["rows"] == len(values)
    assert [float_of(t["prefix"]) for t in state["targets"]] == [sorted(values)[rank] for rank in ranks]
    for target in state["targets"]:
        assert at_most(keys, target["prefix"]).tolist() == [v <= float_of(target["prefix"]) for v in values]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_integers_sort_by_their_digits(values: list[int]) -> None:
    digits = integer_digits(np.array(values, np.uint64))
    assert sorted(values) == [
        int.from_bytes(d.astype(">u2").tobytes()) for d in sorted(digits, key=lambda d: d.tolist())
    ]


def test_half_a_million_scores_in_any_order() -> None:
    values = np.random.default_rng(5).random(500_000).astype(np.float32).round(3)  # many are equal
    keys = float_digits(values)
    ranks = [0, 49_999, 250_000, 499_999]
    whole, shuffled = selected([keys], ranks), selected(np.array_split(keys[::-1], 7), ranks)
    assert whole == shuffled
    assert [float_of(t["prefix"]) for t in whole["targets"]] == [float(np.sort(values)[r]) for r in ranks]
