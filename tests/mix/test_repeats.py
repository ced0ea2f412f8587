from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.mix.repeats import DECAY, effective_tokens


@pytest.mark.parametrize(("epochs", "worth"), [(1, 1.0), (2, 1.968), (4, 3.726), (16, 10.585), (1000, 1 + DECAY)])
def test_what_epochs_are_worth(epochs, worth):
    """Four epochs are worth 3.7; without end 1 + R*."""
    assert effective_tokens(1, epochs) == pytest.approx(worth, abs=0.001)


@given(st.integers(1, 10**9), st.floats(1, 100), st.floats(1, 100))
def test_more_repeats_are_worth_more_but_never_as_much_as_new_text(unique, one, other):
    less, more = sorted((one, other))
    assert effective_tokens(unique, less) <= effective_tokens(unique, more) <= unique * more * (1 + 1e-12)
