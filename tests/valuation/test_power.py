"""Seeds that are asked for: enough, and not one too many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from curation_lib.valuation.effects import judged
from curation_lib.valuation.power import MOST, seeds_needed


def found(error, of_documents=0.0, df=8.0):
    return judged(0.0, error, of_documents, df, 0.01)


@pytest.mark.parametrize("distance", [0.004, 0.01, 0.03])
def test_the_power_is_reached_and_with_a_seed_less_it_is_not(distance):
    """Against the noncentral t of two arms with equal spread."""
    n = seeds_needed(found(0.004), 5, distance, 0.01, 0.8)
    spread = 0.004 * np.sqrt(5)
    power = {
        k: stats.nct.sf(stats.t.ppf(0.99, 2 * (k - 1)), 2 * (k - 1), distance / (spread / np.sqrt(k)))
        for k in (n, max(2, n - 2))
    }
    assert power[n] >= 0.78
    assert n <= 3 or power[n - 2] < 0.8


def test_what_documents_hide_no_seed_tells():
    assert seeds_needed(found(0.004, 0.004), 5, 0.005, 0.01, 0.8) is None
    assert seeds_needed(found(0.004, 0.001), 5, 0.005, 0.01, 0.8) < MOST


def test_where_nothing_varies_two_seeds_do():
    assert seeds_needed(found(0.0), 5, 0.001, 0.01, 0.8) == 2
