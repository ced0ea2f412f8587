"""How far two sets of texts are apart, held against plain definitions."""

from __future__ import annotations

from collections import Counter
from math import isclose, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.audit.shift import MEASURES, distance, word_shift

NUMBERS = st.lists(st.integers(-5, 5), min_size=1, max_size=12)
TEXTS = st.lists(st.text("ab ", max_size=9), min_size=1, max_size=4)


@given(NUMBERS, NUMBERS)
def test_distance_is_the_largest_gap_between_two_shares(one: list[int], other: list[int]) -> None:
    gaps = [abs(sum(v <= x for v in one) / len(one) - sum(v <= x for v in other) / len(other)) for x in range(-5, 6)]
    assert isclose(distance(np.array(one, float), np.array(other, float)), max(gaps), abs_tol=1e-12)


@given(TEXTS, TEXTS)
def test_words_diverge_as_jensen_and_shannon_say(one: list[str], other: list[str]) -> None:
    counts = [Counter(word for text in texts for word in text.split()) for texts in (one, other)]
    p, q = ({w: n / max(sum(c.values()), 1) for w, n in c.items()} for c in counts)
    mean = {w: (p.get(w, 0) + q.get(w, 0)) / 2 for w in p | q}
    wanted = sum(side[w] * log2(side[w] / mean[w]) / 2 for side in (p, q) for w in side)
    assert isclose(word_shift(one, other)["word_divergence"], wanted, abs_tol=1e-9)


def test_the_words_behind_a_shift_are_named() -> None:
    told = word_shift(["the cat sat on the mat"] * 3, ["the dog sat on the mat"] * 2)
    assert (told["more"][0], told["fewer"][0]) == ("dog", "cat")
    assert word_shift(["Same words"], ["same WORDS"])["word_divergence"] == 0
    assert word_shift(["one two"], ["three four"])["word_divergence"] == pytest.approx(1)


def test_measures_by_hand() -> None:
    text = "Iron melts at 1538 degrees. It is a metal!\nIron rusts"
    found = {name: measure(text) for name, measure in MEASURES.items()}
    assert found == {
        "bytes": 53,
        "words": 11,
        "words per sentence": pytest.approx(11 / 3),
        "letters per word": pytest.approx(41 / 11),
        "words with digits, per 100": pytest.approx(100 / 11),
        "different words among the first 100": pytest.approx(10 / 11),
    }
    assert all(measure("") == 0 for measure in MEASURES.values())
