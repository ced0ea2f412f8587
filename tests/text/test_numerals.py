"""Numbers in any spelling have one value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.fact_tokens import fact_tokens
from curation_lib.text.facts import NUMBER
from curation_lib.text.numerals import _ONES, _TENS, figure_value, word_value


def spelt(number: int) -> str:
    """An English number below a million million, from the definition."""
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joint = " and " if size == 100 and rest else " "
            return f"{spelt(number // size)} {name}" + (joint + spelt(rest) if rest else "")
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10 - 2] + (f"-{_ONES[number % 10]}" if number % 10 else "")


@given(st.integers(2, 10**12 - 1))
def test_words_say_what_figures_say(number: int) -> None:
    words = spelt(number).replace("-", " ").split()
    assert word_value(words) == (str(number), len(words))
    (token,) = fact_tokens(spelt(number))
    assert (token.kind, token.key) == (NUMBER, str(number))


@given(st.integers(0, 10**15))
def test_separators_do_not_count(number: int) -> None:
    assert figure_value(f"{number:,}") == figure_value(f"{number:_}") == figure_value(str(number)) == str(number)
    (token,) = fact_tokens(f"{number:,}")
    assert token.key == str(number)


@pytest.mark.parametrize(
    ("text", "value", "units"),
    [
        ("$30 billion", "30000000000", {"usd"}),
        ("12GB", "12", {"gb"}),
        ("a 32-byte word", "32", {"byte"}),
        ("30-second", "30", {"s"}),
        ("50%", "50", {"percent"}),
        ("50 per cent", "50", set()),
        ("3.10.8", "3.10.8", set()),
        ("v6", "6", set()),
        ("2.0", "2", set()),
        ("the 7th", "7", set()),
        ("6:30 p.m.", "6:30", {"pm"}),
        ("6:00", "6", set()),
        ("`5985`", "5985", set()),
        ("one hundred and six", "106", set()),
        ("twelfth", "12", set()),
    ],
)
def test_values_and_units(text: str, value: str, units: set[str]) -> None:
    token = next(one for one in fact_tokens(text) if one.kind == NUMBER)
    assert (token.key, set(token.units)) == (value, units)


def test_units_are_shared_along_a_list() -> None:
    found = [one for one in fact_tokens("lengths of 128, 192, or 256 bits, from 9 to 5 a.m.") if one.kind == NUMBER]
    assert [set(one.units) for one in found] == [{"bit"}] * 3 + [{"am"}] * 2


def test_words_that_only_order_are_vague() -> None:
    assert all(one.vague for one in fact_tokens("the first one, the second") if one.kind == NUMBER)
    assert not any(one.vague for one in fact_tokens("one million; fourth") if one.kind == NUMBER)
