from __future__ import annotations

import numpy as np
import pytest

from curation_lib.mix.search.answer import answer
from curation_lib.mix.search.drift import drifting_optima
from curation_lib.mix.search.limits import Limits
from curation_lib.mix.search.natural import Natural
from curation_lib.mix.search.question import Question
from tests.mix.search.swarms import DOMAINS, NATURAL, effective, swarm, together

SIZES = (1e6, 1e7, 1e8)
WORTH = np.array([0.5, 0.5, 0.5, 0.5])


def drifting(drift):
    parts = [
        swarm(
            lambda w, n=n: effective(w, WORTH * np.exp(n * np.asarray(drift)), 0.2) + 2.0 * 10 ** (-0.2 * n),
            runs=100,
            seed=n,
            noise=5e-4,
            parameters=size,
        )
        for n, size in enumerate(SIZES)
    ]
    return together(*parts)


def best(worth, root=0.6):
    """Where sum worth w^root is largest."""
    raw = np.asarray(worth) ** (1 / (1 - root))
    return raw / raw.sum()


def test_optima_follow_what_domains_are_worth_and_are_extrapolated():
    drift = [0.5, 0, 0, -0.5]
    found = drifting_optima(drifting(drift), Limits(NATURAL), [*SIZES, 1e9])
    for n, mixture in enumerate(found):
        assert mixture == pytest.approx(best(WORTH * np.exp(n * np.asarray(drift))), abs=0.06)


def test_the_answer_tells_them_only_where_the_best_mixture_drifts():
    question, natural = Question([1.0], kl=2.0, beyond=1e9), Natural(NATURAL, "told")
    told = answer(drifting([0.6, 0, 0, -0.6]), question, natural, 20)["drift"]
    assert [one["parameters"] for one in told] == [*SIZES, 1e9]
    books = [one["weights"]["books"] for one in told]
    assert books == sorted(books)
    assert set(told[0]["weights"]) == set(DOMAINS)
    assert answer(drifting([0, 0, 0, 0]), question, natural, 20)["drift"] == []
