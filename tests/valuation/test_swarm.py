"""Swarms: mixtures that are mixtures, each trained at every scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.swarm import SwarmSettings, drawn, swarm
from tests.valuation.proxies import HELD, NATURAL, SOURCES, TARGET, scale

WIDE = SwarmSettings(mixtures=12, max_epochs=1000)


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
