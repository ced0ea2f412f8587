"""Effects: how often they are found where there are none, against plain references, and where nothing varies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from curation_lib.core.errors import ConfigError
from curation_lib.valuation.effects import effect, holm, lower
from curation_lib.valuation.resampled import resampled
from curation_lib.valuation.runs import Losses
from tests.valuation.experiments import CONTROL, candidate, observe

ARM = candidate(0.1)
ONE = {"target/code": 1.0}
NOISES = {
    "seeds": (0.003, 0.003, 0.0001),
    "both": (0.002, 0.003, 0.011),
    "documents": (0.0003, 0.001, 0.02),
    "each": (0.0002, 0.02, 0.0001),
}
"""Spreads of which seeds, both, documents, and what each seed makes of each document, make up most of the error."""


def found(observed, draws=300, seed=0, alpha=0.01):
    return effect(resampled(observed, draws, seed), CONTROL, ARM, ONE, alpha)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seeds", [2, 5])
def test_at_most_1_in_100_experiments_finds_what_is_not_there(seeds, noise):
    rng = np.random.default_rng(seeds)
    hits = sum(
        found(observe(rng, {CONTROL: 0, ARM: 0}, ONE, seeds, noise=NOISES[noise]), seed=k).p < 0.01 for k in range(2500)
    )
    assert hits <= stats.binom.ppf(0.99, 2500, 0.01)


def test_what_a_seed_makes_of_a_document_is_counted_once():
    """Drawn over seeds, over documents and over both it would be counted three times, and p never be small."""
    rng = np.random.default_rng(9)
    p = np.array([found(observe(rng, {CONTROL: 0, ARM: 0}, ONE, noise=NOISES["each"]), seed=k).p for k in range(600)])
    assert stats.binom.ppf(0.001, 600, 0.05) <= (p < 0.1).sum() <= stats.binom.ppf(0.999, 600, 0.1)


@pytest.mark.parametrize(("seeds", "least", "most"), [(5, 0.8, 1.0), (2, 0.0, 0.3)])
def test_five_seeds_find_a_small_effect_that_two_do_not(seeds, least, most):
    rng = np.random.default_rng(3)
    hits = [
        found(observe(rng, {CONTROL: 0, ARM: 0.01}, ONE, seeds, noise=(0.002, 0.002, 0.004)), seed=k).p < 0.01
        for k in range(300)
    ]
    assert least <= np.mean(hits) <= most


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(4)
    told = [found(observe(rng, {CONTROL: 0, ARM: 0.02}, ONE), seed=k, alpha=0.05) for k in range(600)]
    assert np.mean([one.low <= 0.02 <= one.high for one in told]) >= 0.9


def test_the_error_is_that_of_seeds_where_documents_are_alike():
    """With one document there is nothing to draw but seeds: Welch's test, but for the draws' own noise."""
    rng = np.random.default_rng(5)
    values = rng.normal(1, 0.1, (2, 5))
    observed = {
        arm: [{"target/code": Losses(np.array([v * 100]), np.array([100]))} for v in row]
        for arm, row in zip((CONTROL, ARM), values, strict=True)
    }
    one = found(observed, draws=20_000)
    told = stats.ttest_ind(*values, equal_var=False, alternative="greater")
    assert one.value == pytest.approx(values[0].mean() - values[1].mean())
    assert one.df == pytest.approx(told.df)
    assert one.error == pytest.approx(np.sqrt((values.var(axis=1, ddof=1) / 5).sum()), rel=0.02)
    assert one.p == pytest.approx(told.pvalue, rel=0.1)
    assert one.of_documents == pytest.approx(0, abs=1e-12)


def test_the_error_is_that_of_documents_where_seeds_are_alike():
    rng = np.random.default_rng(6)
    rates, size = rng.normal(1, 0.1, (2, 400)), np.full(400, 100)
    observed = {
        arm: [{"target/code": Losses(row * size, size)}] * 3 for arm, row in zip((CONTROL, ARM), rates, strict=True)
    }
    one = found(observed, draws=5000)
    assert one.error == pytest.approx((rates[0] - rates[1]).std() / 20, rel=0.04)
    assert one.of_documents == pytest.approx(one.error)
    assert one.df == 4


def test_targets_count_alike_whatever_their_size():
    size = np.array([10, 10]), np.array([100_000, 100_000])
    observed = {
        arm: [{"target/a": Losses(size[0] * a, size[0]), "target/b": Losses(size[1] * b, size[1])}] * 2
        for arm, a, b in ((CONTROL, 1.0, 2.0), (ARM, 0.5, 1.9))
    }
    assert lower(resampled(observed, 50), ARM, CONTROL, "target", 0.01).value == pytest.approx(0.3)


@pytest.mark.parametrize(("below", "p", "p_below"), [(0.5, 0, 1), (0, 1, 1), (-0.5, 1, 0)])
def test_where_nothing_varies_the_value_is_certain(below, p, p_below):
    size = np.array([64])
    observed = {a: [{"target/code": Losses(size * (1.0 - b), size)}] * 2 for a, b in ((CONTROL, 0), (ARM, below))}
    one = found(observed)
    assert (one.value, one.low, one.high, one.error) == pytest.approx((below, below, below, 0))
    assert (one.p, one.p_below) == (p, p_below)


def test_one_seed_is_refused_by_name():
    observed = observe(np.random.default_rng(0), {CONTROL: 0, ARM: 0}, ONE, seeds=1)
    with pytest.raises(ConfigError, match="seeds: control has 1.*at least 2"):
        resampled(observed, 10)


def test_other_arms_and_sets_and_their_order_change_nothing():
    rng = np.random.default_rng(7)
    observed = observe(rng, {CONTROL: 0, candidate(0.3): 0, ARM: 0.01})
    fewer = {arm: [{name: one[name] for name in ONE} for one in observed[arm]] for arm in (ARM, CONTROL)}
    assert found(observed) == found(fewer)
    assert found(observed) != found(observed, seed=1)


def test_arms_of_nearly_the_same_share_are_drawn_apart():
    near = candidate(0.1002)
    drawn = resampled(observe(np.random.default_rng(7), {ARM: 0, near: 0}, ONE), 50).seeds
    assert ARM.label == near.label == "c at 10%"
    assert (drawn[ARM] != drawn[near]).any()


def test_sums_in_slices_are_the_whole(monkeypatch):
    observed = observe(np.random.default_rng(8), {CONTROL: 0, ARM: 0.01}, ONE, documents=50)
    whole = found(observed)
    monkeypatch.setattr("curation_lib.valuation.resampled.CELLS", 50 * 7)
    assert found(observed) == whole


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_smallest_level_at_which_a_test_is_rejected(p):
    adjusted = holm(dict(enumerate(p)))
    for name, level in adjusted.items():
        assert level >= p[name]
        assert (name in _rejected(p, level)) or level == 1.0
        assert name not in _rejected(p, level * (1 - 1e-9) - 1e-12)


def _rejected(p, level):
    """Holm's step-down procedure as he wrote it."""
    rejected = set()
    for rank, name in enumerate(np.argsort(p, kind="stable")):
        if p[name] > level / (len(p) - rank) * (1 + 1e-12):
            break
        rejected.add(int(name))
    return rejected
