"""A part of so many tokens is exactly as large, and gone through as often as that says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.order import order_of
from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Part, Run

MODEL = ModelSettings(hidden=16, layers=1, heads=2, sequence_length=16)


def pool(lengths: list[int]) -> Pool:
    """Documents whose tokens are their numbers, so that a token names its document and place."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    digests = np.random.default_rng(1).integers(0, 2**63, len(lengths)).astype(np.uint64)
    counts = np.asarray(lengths, np.int64)
    return Pool(np.arange(offsets[-1], dtype=np.uint16), offsets, digests, counts, 0 * counts, 2**16, 0)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(16, 500), st.integers(0, 5))
def test_an_epoch_holds_each_chosen_token_once(lengths: list[int], tokens: int, seed: int) -> None:
    held = pool(lengths)
    run = Run(
        model=MODEL,
        optimisation=Optimisation(batch_tokens=16),
        parts=(Part(pool="pools/x", share=1, tokens=tokens),),
        tokens=16 * 40,
        seed=seed,
    )
    order = order_of(run, [held])
    expected = min(tokens, sum(lengths))
    assert order.streams[0].length == expected
    assert order.epochs() == [16 * 40 / expected]
    first = order.streams[0].window(0, expected)
    assert len(np.unique(first)) == expected
    assert np.array_equal(np.sort(order.streams[0].window(expected, expected)), np.sort(first))
    again = order_of(run.model_copy(update={"seed": seed + 1}), [held]).streams[0].window(0, expected)
    assert np.array_equal(np.sort(again), np.sort(first)), "which tokens a part holds does not depend on the run's seed"


def test_two_hundred_parts_are_told_apart() -> None:
    """More than the numbers of a byte."""
    parts = tuple(Part(pool=f"pools/{n}", share=1 / 200) for n in range(200))
    run = Run(model=MODEL, optimisation=Optimisation(batch_tokens=16), parts=parts, tokens=16 * 400)
    pools = [pool([32])._replace(ids=np.full(32, n, np.uint16)) for n in range(200)]
    order = order_of(run, pools)
    assert order.epochs() == [1.0] * 200
    assert sorted(int(order.sequence(n)[0]) for n in range(400)) == sorted([*range(200)] * 2)
