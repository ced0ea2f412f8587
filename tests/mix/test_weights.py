from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.mix.settings import SampleConfig
from curation_lib.mix.weights import Weight, entry_of
from tests.mix.allocation import allocate

ENTRIES = st.lists(
    st.tuples(st.integers(0, 5000), st.sampled_from([0.0, 0.1, 0.3, 1.0, 2.5, 7.0])), min_size=1, max_size=6
)
EPOCHS = st.sampled_from([0.3, 0.5, 1.0, 1.1, 1.5, 4.0])


def by_bisection(tokens: list[int], weights: list[float], budget: int, max_epochs: float) -> list[Fraction]:
    """The water level, searched for: the largest level at which min(cap, level * weight) fits the budget."""
    caps = [Fraction(str(max_epochs)) * t // 1 if w else Fraction(0) for t, w in zip(tokens, weights, strict=True)]
    exact = [Fraction(str(w)) for w in weights]

    def poured(level: Fraction) -> list[Fraction]:
        return [min(cap, level * w) for cap, w in zip(caps, exact, strict=True)]

    if sum(caps) <= budget:
        return caps
    low, high = Fraction(0), Fraction(10**6)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(poured(middle)) <= budget else (low, middle)
    return poured(low)


@given(ENTRIES, st.integers(1, 30_000), EPOCHS)
def test_allocate_finds_the_water_level(entries, budget, max_epochs):
    tokens, weights = [list(column) for column in zip(*entries, strict=True)]
    given_out = allocate(tokens, weights, budget, max_epochs)
    for got, want in zip(given_out, by_bisection(tokens, weights, budget, max_epochs), strict=True):
        assert want - 1 < got <= want + Fraction(1, 10**9)


@given(ENTRIES, st.integers(1, 30_000), EPOCHS)
def test_allocate_spends_the_budget_or_fills_every_entry(entries, budget, max_epochs):
    tokens, weights = [list(column) for column in zip(*entries, strict=True)]
    given_out = allocate(tokens, weights, budget, max_epochs)
    full = [Fraction(str(max_epochs)) * t // 1 if w else 0 for t, w in zip(tokens, weights, strict=True)]
    assert all(0 <= got <= cap for got, cap in zip(given_out, full, strict=True))
    assert sum(given_out) <= budget
    assert given_out == full or sum(given_out) > budget - len(entries)


@given(ENTRIES, st.integers(1, 30_000), EPOCHS, st.randoms())
def test_allocate_does_not_look_at_the_order(entries, budget, max_epochs, random):
    before = allocate([t for t, _ in entries], [w for _, w in entries], budget, max_epochs)
    order = list(range(len(entries)))
    random.shuffle(order)
    after = allocate([entries[i][0] for i in order], [entries[i][1] for i in order], budget, max_epochs)
    assert after == [before[i] for i in order]


@pytest.mark.parametrize(
    ("tokens", "weights", "budget", "max_epochs", "expected"),
    [
        ([1000, 1000], [3, 1], 400, 1, [300, 100]),
        ([100, 1000], [1, 1], 400, 1, [100, 300]),  # the small one is full, the rest goes to the other
        ([100, 1000], [1, 1], 400, 4, [200, 200]),  # ... unless it may repeat
        ([50, 100, 1000], [2, 1, 1], 600, 1, [50, 100, 450]),  # filling one fills the next
        ([100, 100], [1, 1], 10_000, 1.5, [150, 150]),  # all full, budget left over
        ([0, 100], [9, 1], 50, 1, [0, 50]),  # an entry without tokens has no share
        ([100, 100], [0, 1], 50, 1, [0, 50]),
        ([100, 100], [0.3, 0], None, 4, [100, 0]),  # no budget: everything weighted, once
        ([10, 100], [1, 1], None, 0.3, [3, 30]),  # three tenths of ten are three
    ],
)
def test_allocate_by_hand(tokens, weights, budget, max_epochs, expected):
    assert allocate(tokens, weights, budget, max_epochs) == expected


def test_the_first_entry_that_matches_counts():
    weights = (
        Weight(source="wiki*", language="de", weight=1),
        Weight(source="wiki*", weight=2),
        Weight(language="und", weight=3),
    )
    cases = [("wikipedia", "de"), ("wikipedia", "en"), ("web", "und"), ("web", "en"), ("Wiki", "de")]
    assert [entry_of(*case, {}, weights) for case in cases] == [0, 1, 2, 3, 3]


def test_metadata_matches_by_key_and_what_has_no_such_key_is_undetermined():
    weights = (
        Weight(metadata={"topic": "math*", "quality_bucket": "1[5-9]"}, weight=4),
        Weight(metadata={"topic": "math*"}, weight=2),
        Weight(metadata={"topic": "und"}, weight=1),
    )
    cases = [{"topic": "mathematics", "quality_bucket": "17"}, {"topic": "mathematics", "quality_bucket": "5"},
             {"topic": "mathematics"}, {}, {"topic": "law"}]  # fmt: skip
    assert SampleConfig(phase="pretrain", weights=weights).metadata_keys() == ["quality_bucket", "topic"]
    assert [entry_of("web", "en", case, weights) for case in cases] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize("weight", [-1, float("inf"), float("nan")])
def test_a_weight_is_a_number_from_0(weight):
    with pytest.raises(ValidationError):
        Weight(weight=weight)
