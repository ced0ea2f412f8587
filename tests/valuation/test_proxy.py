"""Proxy runs repeat what the run that they stand for repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.proxy import Source, proxy_run
from tests.valuation.proxies import SOURCES, TARGET, scale


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), st.integers(20_000, 80_000))
def test_a_proxy_run_repeats_what_the_target_run_repeats(raw: list[float], tokens: int) -> None:
    weights = np.array(raw) / sum(raw)
    run = proxy_run(weights, SOURCES, scale(tokens), TARGET, {}, 0)
    for part, source, share in zip(run.parts, SOURCES, weights, strict=True):
        assert part.tokens is not None
        epochs = share * tokens / part.tokens
        wanted = share * TARGET / source.held
        assert epochs == pytest.approx(wanted, rel=0.01)


def test_a_source_is_never_cut_below_a_sequence() -> None:
    run = proxy_run(np.array([0, 0, 0.5, 0.5]), SOURCES, scale(1000), TARGET, {}, 0)
    assert [(part.pool, part.tokens) for part in run.parts] == [("pools/c", 180), ("pools/d", 32)]


def test_a_pool_that_is_too_small_is_named() -> None:
    few = [*SOURCES[:3], Source("d", "pools/d", 9, 500, 1_000_000)]
    with pytest.raises(ConfigError, match=r"sources\.d: 500 tokens, where a proxy run of 40,000 reads 4,000, of 800"):
        proxy_run(np.array([0.9, 0, 0, 0.1]), few, scale(), TARGET, {}, 0)
    enough = proxy_run(np.array([0.99, 0, 0, 0.01]), few, scale(), TARGET, {}, 0)
    assert enough.parts[1].tokens == 500


def test_turns_have_documents_of_their_own_where_there_are_enough() -> None:
    weights = np.array([0.9, 0, 0, 0.1])
    runs = [proxy_run(weights, SOURCES, scale(20_000), TARGET, {}, 0, turn, 3) for turn in range(3)]
    for first, turn in ((run.parts[0], turn) for turn, run in enumerate(runs)):
        assert (first.low, first.high) == pytest.approx((turn / 3, (turn + 1) / 3))
        assert first.tokens == 24_000
    for documents, tokens in ((500, 90_000), (50, 200_000)):
        small = [Source("a", "pools/a", documents, tokens, 60_000_000), *SOURCES[1:]]
        (whole,) = {proxy_run(weights, small, scale(20_000), TARGET, {}, 0, turn, 3).parts[0] for turn in range(3)}
        assert (whole.low, whole.high, whole.tokens) == (0, 1, 24_000)
