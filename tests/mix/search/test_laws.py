from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from curation_lib.mix.search.laws import LAWS

seeds = st.integers(0, 2**32 - 1)
laws = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)


def drawn(law, seed):
    """Mixtures of five domains and params near a start."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(5), size=3) * 0.95 + 0.01
    start = law.start(weights, rng.uniform(2, 6, size=3))
    return start + 0.3 * rng.standard_normal(len(start)), weights


@laws
@given(seed=seeds)
def test_slopes_are_those_of_the_losses(law, seed):
    params, weights = drawn(law, seed)
    by_params = approx_fprime(params, lambda p: law.predict(p, weights), 1e-7)
    np.testing.assert_allclose(law.sensitivity(params, weights), by_params, rtol=1e-3, atol=1e-4)
    by_weights = approx_fprime(weights[0], lambda w: law.predict(params, w[None]), 1e-8)
    np.testing.assert_allclose(law.slopes(params, weights)[0], by_weights.ravel(), rtol=1e-3, atol=1e-4)


@laws
@given(seed=seeds, share=st.floats(0, 1))
def test_losses_are_convex_in_the_mixture(law, seed, share):
    params, weights = drawn(law, seed)
    one, other = law.predict(params, weights[:2])
    between = law.predict(params, (share * weights[0] + (1 - share) * weights[1])[None])[0]
    assert between <= share * one + (1 - share) * other + 1e-9


@laws
def test_no_mixtures_have_no_losses_and_a_part_says_what_the_whole_says(law):
    params, weights = drawn(law, 7)
    assert law.predict(params, weights[:0]).shape == (0,)
    whole = law.predict(params, weights)
    np.testing.assert_array_equal(
        np.concatenate([law.predict(params, weights[:1]), law.predict(params, weights[1:])]), whole
    )
