from __future__ import annotations

import numpy as np
import pytest

from curation_lib.mix.search.joint import DRIFTING, ONE, leave_largest_out
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
    found = leave_largest_out(scaled(drift))
    assert found.choice == law
    assert found.laws[law].spearman > 0.98
    if law == DRIFTING:
        assert found.laws[DRIFTING].shape < found.laws[ONE].shape / 2


def test_two_scales_leave_nothing_to_compare():
    runs = scaled([0, 0, 0, 0])
    assert leave_largest_out(runs.take(runs.parameters < 1e8)) is None
