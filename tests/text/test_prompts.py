"""Prompts are the same up to case, white space and punctuation, and nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.prompts import folded_prompt, prompt_hash


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What's up?", "what s  UP", True),
        ("Sum 1 and 2.", "Sum 1 and 3.", False),
        ("Straße?", "STRASSE", True),
        ("ﬁne １", "fine 1", True),
        ("हिन्दी", "हिनदी", False),
        ("1 + 2", "1 - 2", True),
        ("+", "-", False),
        ("naïve", "naive", False),
    ],
)
def test_which_prompts_are_the_same(one, other, same):
    assert (folded_prompt(one) == folded_prompt(other)) is same
    assert (prompt_hash(one) == prompt_hash(other)) is same


@given(st.text(), st.sampled_from([" ", "\n", "!", "…", "\u3000"]))
def test_folding_is_final_and_blind_to_signs(text, sign):
    once = folded_prompt(text)
    assert folded_prompt(once) == once
    if any(c.isalnum() for c in text):
        assert folded_prompt(text + sign) == once
