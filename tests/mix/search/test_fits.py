from __future__ import annotations

import builtins

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.boosted import boosted
from curation_lib.mix.search.fits import best_law, fit, ranked, spearman
from curation_lib.mix.search.laws import EffectiveData, LogLinear
from tests.mix.search.swarms import effective, swarm

WORTH = [1.0, 0.2, 0.5, 2.0]


def linear(weights):
    return 1.5 + np.exp(weights @ np.array([0.5, 1.0, 0.2, -0.5]))


@pytest.mark.parametrize(
    ("losses", "law"),
    [(lambda w: effective(w, WORTH), EffectiveData()), (linear, LogLinear())],
    ids=["effective", "linear"],
)
def test_the_law_of_the_swarm_is_chosen_and_found_again(losses, law):
    runs = swarm(losses, runs=200, noise=1e-3)
    chosen, told = best_law(runs.weights, runs.losses[:, 0])
    assert chosen.name == law.name
    assert told[law.name].low <= told[law.name].spearman <= told[law.name].high
    unseen = np.random.default_rng(5).dirichlet(np.ones(4), size=100)
    found = fit(chosen, runs.weights, runs.losses[:, 0]).predict(unseen)
    np.testing.assert_allclose(found, losses(unseen), rtol=0.02)


def test_a_run_that_diverged_does_not_bend_the_law():
    runs = swarm(lambda w: effective(w, WORTH), noise=1e-4)
    losses = runs.losses[:, 0].copy()
    losses[::20] *= 3
    found = fit(EffectiveData(), runs.weights, losses).predict(runs.weights)
    np.testing.assert_allclose(found, runs.losses[:, 0], rtol=0.01)


def test_trees_rank_what_they_have_not_seen_and_are_the_same_each_time():
    runs = swarm(lambda w: effective(w, WORTH), runs=300)
    other = swarm(lambda w: effective(w, WORTH), runs=100, seed=2)
    told = [boosted(runs.weights, runs.losses[:, 0])(other.weights) for _ in range(2)]
    np.testing.assert_array_equal(*told)
    assert ranked(told[0], other.losses[:, 0]).spearman > 0.95


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30))
def test_rank_correlation_is_scipys(pairs):
    one, other = np.array(pairs, np.float64).T
    if np.ptp(one) and np.ptp(other):
        assert spearman(one, other) == pytest.approx(spearmanr(one, other)[0])
    else:
        assert spearman(one, other) == 0


def test_a_machine_without_openmp_is_told_what_to_install(monkeypatch):
    def lacks(name, *rest):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return importing(name, *rest)

    importing = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lacks)
    with pytest.raises(ConfigError, match=r"libgomp\.so\.1.*apt-get install libgomp1"):
        boosted(np.ones((2, 2)), np.ones(2))
