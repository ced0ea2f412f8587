from __future__ import annotations

import numpy as np
import pytest

from curation_lib.mix.search.joint import DRIFTING, ONE, leave_largest_out, predicted, sensitivity
from tests.mix.search.swarms import effective, swarm, together

SIZES = (1e6, 1e7, 1e8)
WORTH = np.array([0.2, 0.5, 0.5, 2.0])


def scaled(drift):
    """Three scales under the additive law; each tenfold size multiplies what domains are worth by exp(drift)."""
    return together(
        *(
            swarm(
                lambda w, n=n: effective(w, WORTH * np.exp(n * np.asarray(drift)), 0.2) + 2.0 * 10 ** (-0.2 * n),
                runs=120,
                seed=n,
                noise=1e-3,
                parameters=size,
            )
            for n, size in enumerate(SIZES)
        )
    )


@pytest.mark.parametrize(("drift", "law"), [([0, 0, 0, 0], ONE), ([1, 0, 0, -1], DRIFTING)])
def test_the_largest_scale_is_told_by_the_law_that_made_it(drift, law):
    found = leave_largest_out(scaled(drift), 60)
    assert found.choice == law
    assert found.laws[law].spearman > 0.98
    if law == DRIFTING:
        assert found.laws[DRIFTING].shape < found.laws[ONE].shape / 2


def test_two_scales_leave_nothing_to_compare():
    runs = scaled([0, 0, 0, 0])
    assert leave_largest_out(runs.take(runs.parameters < 1e8), 60) is None


@pytest.mark.parametrize("drifting", [False, True])
def test_sensitivities_are_those_of_the_losses(drifting):
    runs = scaled([0, 0, 0, 0]).take(np.arange(0, 360, 7))
    rng = np.random.default_rng(4)
    params = np.concatenate([[0.3, np.log(0.2), 0.4], rng.normal(0, 0.5, 4), [0.2, np.log(0.15)]])
    params = np.concatenate([params, rng.normal(0, 0.3, 4)]) if drifting else params
    steps = 1e-6 * np.eye(len(params))
    slopes = [(predicted(params + s, runs, 1e6) - predicted(params - s, runs, 1e6)) / 2e-6 for s in steps]
    assert sensitivity(params, runs, 1e6) == pytest.approx(np.array(slopes).T, rel=1e-4, abs=1e-8)


def test_a_small_swarm_without_drift_seldom_looks_like_one():
    """What the laws' own fits owe to noise counts: 24 mixtures at each of three scales."""
    found = []
    for seed in range(6):
        parts = [
            swarm(lambda w, n=n: effective(w, WORTH, 0.2) + 2.0 * 10 ** (-0.2 * n), 24, 3e-4, 50 * seed + n, SIZES[n])
            for n in range(3)
        ]
        found.append(leave_largest_out(together(*parts), 40).choice)
    assert found.count(DRIFTING) <= 1
