"""Rules against references in plain Python: the published loop for UniMax, doubles and a searched level for others."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.mix.rules import Rule, root
from tests.mix.allocation import allocate

TOKENS = st.lists(st.integers(0, 5000) | st.integers(0, 50), min_size=1, max_size=8)
ENTRIES = st.lists(
    st.tuples(st.integers(0, 5000) | st.integers(0, 50), st.sampled_from([0.0, 0.3, 1.0, 2.5])), min_size=1, max_size=8
)
EPOCHS = st.sampled_from([0.3, 1.0, 1.5, 4.0])
BUDGET = st.integers(1, 30_000)
TEMPERATURES = st.sampled_from([0.5, 1.0, 1.43, 2.0, 3.33, 5.0, 100.0]) | st.floats(0.1, 50)


def given_by(rule, tokens, weights, budget, epochs):
    return allocate(tokens, rule.shares(tokens, weights), budget, epochs)


def unimax_as_published(tokens, budget, epochs):
    """Algorithm 1 of the paper: from the smallest entry on, an even part of what is left, or its cap."""
    left, given_out = Fraction(budget), [Fraction(0)] * len(tokens)
    order = sorted(range(len(tokens)), key=lambda i: tokens[i])
    for done, i in enumerate(order):
        even = left / (len(order) - done)
        given_out[i] = min(even, Fraction(floor(Fraction(str(epochs)) * tokens[i])))
        left -= given_out[i]
    return given_out


def poured(asked, caps, budget):
    """min(cap, level * asked) at the highest level that the budget allows, in doubles and by bisection."""
    if sum(cap for cap, one in zip(caps, asked, strict=True) if one) <= budget:
        return [float(cap) if one else 0.0 for cap, one in zip(caps, asked, strict=True)]
    low, high = 0.0, max(cap / one for cap, one in zip(caps, asked, strict=True) if one)
    for _ in range(200):
        middle = (low + high) / 2
        spent = sum(min(cap, middle * one) for cap, one in zip(caps, asked, strict=True))
        low, high = (middle, high) if spent <= budget else (low, middle)
    return [min(cap, low * one) for cap, one in zip(caps, asked, strict=True)]


@given(TOKENS, BUDGET, EPOCHS)
def test_unimax_is_the_published_algorithm(tokens, budget, epochs):
    got = given_by(Rule("unimax"), tokens, [1.0] * len(tokens), budget, epochs)
    assert got == [floor(want) for want in unimax_as_published(tokens, budget, epochs)]


@given(ENTRIES, BUDGET, EPOCHS, TEMPERATURES)
def test_temperature_is_tokens_to_one_over_it_under_the_caps(entries, budget, epochs, temperature):
    tokens, weights = ([entry[i] for entry in entries] for i in range(2))
    got = given_by(Rule("temperature", temperature), tokens, weights, budget, epochs)
    largest = max(*tokens, 1)  # in doubles, a power of a part cannot overflow
    asked = [weight * (held / largest) ** (1 / temperature) for held, weight in entries]
    want = poured(asked, [floor(Fraction(str(epochs)) * held) for held in tokens], budget)
    assert all(one - 1 - 1e-6 < given_out <= one + 1e-6 for given_out, one in zip(got, want, strict=True))


@given(ENTRIES, BUDGET, EPOCHS)
def test_natural_is_temperature_one_and_weights_times_tokens(entries, budget, epochs):
    tokens, weights = ([entry[i] for entry in entries] for i in range(2))
    got = given_by(Rule("natural"), tokens, weights, budget, epochs)
    assert got == given_by(Rule("temperature", 1.0), tokens, weights, budget, epochs)
    asked = [Fraction(str(weight)) * held for held, weight in entries]
    assert got == allocate(tokens, asked, budget, epochs)


@given(ENTRIES, BUDGET, EPOCHS, st.sampled_from([Rule("natural"), Rule("temperature", 3.33), Rule("unimax")]))
def test_every_rule_spends_the_budget_or_fills_every_entry(entries, budget, epochs, rule):
    tokens, weights = ([entry[i] for entry in entries] for i in range(2))
    got = given_by(rule, tokens, weights, budget, epochs)
    full = [floor(Fraction(str(epochs)) * held) if weight else 0 for held, weight in entries]
    assert all(0 <= one <= cap for one, cap in zip(got, full, strict=True))
    assert sum(got) <= budget
    assert got == full or sum(got) > budget - len(entries)


@given(st.integers(1, 10**6), st.integers(1, 6))
def test_whole_roots_are_whole(number, temperature):
    assert root(number**temperature, float(temperature)) == number


@given(st.integers(1, 10**15), st.integers(1, 12))
def test_a_root_to_its_power_is_the_number_to_38_digits(number, temperature):
    assert abs(root(number, float(temperature)) ** temperature / number - 1) < Fraction(1, 10**38)


@pytest.mark.parametrize(
    ("rule", "epochs", "expected"),
    [
        (Rule("natural"), 1, [10, 90, 900]),
        (Rule("temperature", 2.0), 1, [71, 214, 714]),  # 10 to 30 to 100
        (Rule("temperature", 2.0), 0.5, [50, 219, 730]),  # the first is full; 950 as 30 to 100
        (Rule("unimax"), 1, [100, 450, 450]),
        (Rule("unimax"), 4, [333, 333, 333]),
        (Rule("temperature", 0.01), 1, [0, 0, 999]),
    ],
)
def test_by_hand(rule, epochs, expected):
    """Entries of 100, 900 and 9000 or 10,000 tokens share a thousand."""
    last = 10_000 if rule.name == "temperature" else 9000
    assert given_by(rule, [100, 900, last], [1.0] * 3, 1000, epochs) == expected
