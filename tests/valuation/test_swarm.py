"""Swarms: mixtures that are mixtures, and proxy runs that repeat what the target run repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.model_settings import ModelSettings, Optimisation
from curation_lib.valuation.swarm import Scale, Source, SwarmSettings, drawn, proxy_run, swarm

HELD = np.array([60e6, 30e6, 9e6, 1e6])
NATURAL = HELD / HELD.sum()
TARGET = 50_000_000
SOURCES = [Source(name, f"pools/{name}", 500, 200_000, int(held)) for name, held in zip("abcd", HELD, strict=True)]
WIDE = SwarmSettings(mixtures=12, max_epochs=1000)


def scale(tokens: int = 40_000, hidden: int = 32, **more: int) -> Scale:
    model = ModelSettings(hidden=hidden, layers=1, heads=2, sequence_length=32)
    return Scale(model=model, optimisation=Optimisation(batch_tokens=256), tokens=tokens, **more)


@given(st.integers(0, 2**32), st.sampled_from([(0.1, 5.0), (3.0, 3.0), (1.0, 40.0)]), st.sampled_from([1.0, 2.0, 3.3]))
def test_drawn_mixtures_are_within_their_bounds(seed: int, strengths: tuple[float, float], temperature: float) -> None:
    asked = SwarmSettings(
        mixtures=5, seed=seed, strengths=strengths, temperature=temperature, max_epochs=15, least_share=0.01
    )
    for weights in drawn(NATURAL, HELD, TARGET, asked).values():
        assert weights.sum() == pytest.approx(1)
        assert np.all((weights == 0) | (weights >= 0.01))
        assert np.all(weights * TARGET / HELD <= 15 + 1e-9)


def test_more_mixtures_leave_the_first_ones_as_they_are() -> None:
    few = drawn(NATURAL, HELD, TARGET, WIDE)
    many = drawn(NATURAL, HELD, TARGET, WIDE.model_copy(update={"mixtures": 20}))
    assert len(many) == 20
    assert all(np.array_equal(many[name], weights) for name, weights in few.items())
    other = drawn(NATURAL, HELD, TARGET, WIDE.model_copy(update={"seed": 1}))
    assert not any(np.array_equal(other[name], weights) for name, weights in few.items())


def test_draws_are_around_natural_and_nearer_with_strength() -> None:
    def spread(strength: float) -> float:
        asked = SwarmSettings(
            mixtures=300, strengths=(strength, strength), temperature=1, max_epochs=1e6, least_share=0
        )
        found = np.array(list(drawn(NATURAL, HELD, TARGET, asked).values()))
        assert found.mean(axis=0) == pytest.approx(NATURAL, abs=0.08)
        return float(np.abs(found - NATURAL).sum(axis=1).mean())

    assert spread(100) < spread(10) < spread(1)


def test_a_source_that_natural_lacks_is_never_drawn() -> None:
    natural = np.array([0.7, 0.3, 0.0, 0.0])
    assert all(np.all(weights[2:] == 0) for weights in drawn(natural, HELD, TARGET, WIDE).values())


def test_bounds_that_leave_nothing_name_the_key() -> None:
    with pytest.raises(ConfigError, match=r"swarm\.max_epochs 0\.01"):
        drawn(NATURAL, HELD, TARGET, SwarmSettings(mixtures=1, max_epochs=0.01))
    with pytest.raises(ValidationError, match="smaller one first"):
        SwarmSettings(strengths=(5.0, 0.1))


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


def test_every_mixture_is_trained_at_every_scale_with_seeds_of_its_own() -> None:
    mixtures = {"natural": NATURAL, **drawn(NATURAL, HELD, TARGET, WIDE)}
    scales = [scale(), scale(hidden=64, mixtures=5)]
    trials = swarm(mixtures, SOURCES, scales, TARGET, {"target/x": "measures/x"})
    assert [sum(one.scale == n for one in trials) for n in (0, 1)] == [13, 6]
    assert len({one.run.print for one in trials}) == 19
    assert len({one.run.seed for one in trials}) == 19
    assert all(one.run.measures == {"target/x": "measures/x"} for one in trials)
    again = swarm(mixtures, SOURCES, scales, TARGET, {"target/x": "measures/x"})
    assert [one.run.print for one in again] == [one.run.print for one in trials]


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
