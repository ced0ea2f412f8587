from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.baselines import baselines
from curation_lib.mix.search.fits import Fit
from curation_lib.mix.search.laws import LAWS
from curation_lib.mix.search.limits import Limits, divergence, epoch_caps, licence_caps
from curation_lib.mix.search.optimise import _pulled_back, nearest_natural, optimum
from curation_lib.mix.search.problem import Objective

NATURAL = np.array([0.4, 0.3, 0.2, 0.1])


def objective(law, seed, domains=4):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(domains), size=5)
    start = law.start(weights, rng.uniform(2, 6, size=5))
    return Objective((Fit(law, start + 0.5 * rng.standard_normal(len(start))),), np.ones(1))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    kl=st.none() | st.floats(0.01, 2),
    penalty=st.sampled_from([0.0, 0.05, 1.0]),
    epochs=st.none() | st.floats(1.1, 8),
    share=st.none() | st.floats(0.1, 1),
)
def test_no_mixture_within_the_limits_is_predicted_to_lose_less(law, seed, kl, penalty, epochs, share):
    """Against mixtures at random, and others close by."""
    caps = None if epochs is None else epochs * NATURAL
    together = () if share is None else ((np.array([1.0, 0, 0, 1]), max(share, 0.5)),)
    limits, asked = Limits(NATURAL, kl, penalty, caps, together), objective(law, seed)
    best = optimum(asked, limits)
    assert best.sum() == pytest.approx(1)
    assert np.all(best <= limits.upper() + 1e-4)
    assert kl is None or divergence(best, NATURAL) <= kl + 1e-4

    rng = np.random.default_rng(seed)
    near = np.abs(best + 0.02 * rng.standard_normal((2000, 4))) + 1e-9
    others = np.concatenate(
        [rng.dirichlet(np.ones(4), size=2000), near / near.sum(axis=1, keepdims=True), NATURAL[None]]
    )
    distance = np.sum(others * np.log(np.maximum(others, 1e-300) / NATURAL), axis=1)
    within = np.all(others <= limits.upper(), axis=1) & (distance <= (np.inf if kl is None else kl))
    for mask, most in together:
        within &= others @ mask <= most
    lost = (asked.predict(others) + penalty * distance)[within]
    assert asked.at(best) + penalty * divergence(best, NATURAL) <= lost.min() + 1e-4 * abs(lost.min())


def test_the_start_changes_nothing():
    asked = objective(LAWS[1], 3)
    found = [
        optimum(asked, Limits(NATURAL, 0.5), start)
        for start in (None, np.full(4, 0.25), np.array([0.01, 0.01, 0.01, 0.97]))
    ]
    np.testing.assert_allclose(found[1:], [found[0]] * 2, atol=2e-3)


def test_what_natural_lacks_stays_out_where_distance_counts():
    natural = np.array([0.5, 0.5, 0.0, 0.0])
    best = optimum(objective(LAWS[1], 3), Limits(natural, 1.0))
    assert best[2:].tolist() == [0, 0]
    assert divergence(np.array([0.5, 0.4, 0.1, 0]), natural) == np.inf


def test_limits_without_a_mixture_say_which_to_widen():
    with pytest.raises(
        ConfigError, match="hold 100 tokens, 4 times of which do not fill it; lower it or raise --max-epochs"
    ):
        epoch_caps(["a", "b"], np.array([60.0, 40.0]), 1000, 4)
    with pytest.raises(ConfigError, match="sum to less than 1; raise --max-epochs"):
        optimum(objective(LAWS[0], 1), Limits(np.array([1.0, 0, 0, 0]), 1.0, caps=np.array([0.5, 1, 1, 1])))
    together = ((np.array([1.0, 1, 0, 0]), 0.0),)
    with pytest.raises(ConfigError, match="no mixture was found within --kl 0.01"):
        optimum(objective(LAWS[0], 1), Limits(NATURAL, 0.01, together=together))


def test_licences_are_capped_by_the_first_glob_that_matches():
    found = licence_caps(["a", "b", "c"], {"a": "CC-BY-SA-4.0", "b": "MIT"}, [("CC-*", 0.1), ("*", 0.5)])
    assert [(mask.tolist(), share) for mask, share in found] == [([1, 0, 0], 0.1), ([0, 1, 1], 0.5)]
    with pytest.raises(ConfigError, match="--license-cap GPL-.*: no domain"):
        licence_caps(["a"], {"a": "MIT"}, [("GPL-*", 0.1)])
    with pytest.raises(ConfigError, match="a share is 0 to 1"):
        licence_caps(["a"], {"a": "MIT"}, [("MIT", 1.5)])


def test_baselines_are_those_of_the_mixes():
    """The example of mix/README.md: 9000, 1000 and 250 tokens, a budget of 2250, one epoch."""
    tokens = np.array([9000.0, 1000, 250])
    found = baselines(tokens / tokens.sum(), epoch_caps("abc", tokens, 2250, 1))
    np.testing.assert_allclose(found["natural"] * 2250, [1975.6, 219.5, 54.9], atol=0.1)
    np.testing.assert_allclose(found["unimax"] * 2250, [1000, 1000, 250], atol=0.1)
    assert np.all(np.diff(found["temperature"]) < 0)
    assert baselines(np.array([0.5, 0.5, 0.0]), None)["unimax"].tolist() == [0.5, 0.5, 0]


def test_a_step_that_ended_outside_is_taken_back_to_the_limit():
    limits = Limits(NATURAL, 0.1)
    far = np.array([0.0, 0.0, 0.0, 1.0])
    found = _pulled_back(far, limits, limits.upper())
    assert divergence(found, NATURAL) == pytest.approx(0.1, abs=2e-5)
    np.testing.assert_allclose(np.cross((found - NATURAL)[1:], (far - NATURAL)[1:]), 0, atol=1e-12)
    assert _pulled_back(NATURAL, limits, limits.upper()) is NATURAL


@given(share=st.floats(0.05, 0.95), kl=st.none() | st.floats(0.5, 2))
def test_the_nearest_mixture_scales_natural_within_and_without_what_is_capped(share, kl):
    """The projection of natural by KL on a cap of a sum has a closed form."""
    mask = np.array([1.0, 0, 0, 1])
    found = nearest_natural(Limits(NATURAL, kl=kl if share > 0.3 else None, together=((mask, share),)))
    inside = min(share, mask @ NATURAL)
    expected = np.where(mask == 1, NATURAL * inside / 0.5, NATURAL * (1 - inside) / 0.5)
    assert found == pytest.approx(expected, abs=1e-3)


def test_limits_that_contradict_each_other_have_no_nearest_mixture():
    masks = (np.array([1.0, 0, 0, 1]), 0.1), (np.array([0, 1.0, 1, 0]), 0.2)
    with pytest.raises(ConfigError, match="--license-cap"):
        nearest_natural(Limits(NATURAL, together=masks))
