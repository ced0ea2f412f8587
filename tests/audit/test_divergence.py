from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.audit.divergence import divergence, in_nats

AMOUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**9), min_size=1)


@given(AMOUNTS, AMOUNTS)
def test_equals_numpy(before, after):
    names = sorted({*before, *after})
    q, p = (np.array([side.get(name, 0) for name in names]) / sum(side.values()) for side in (before, after))
    found = divergence(before, after)

    def kl(a, b):
        return float(np.sum(a[a > 0] * np.log(a[a > 0] / b[a > 0])))

    assert found["js"] == pytest.approx((kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2, abs=1e-9)
    assert -1e-12 <= found["js"] <= log(2) + 1e-9
    if set(after) <= set(before):
        assert found["kl"] == pytest.approx(kl(p, q), abs=1e-9)
    else:
        assert found["kl"] is None
        assert in_nats(found, "kl") == "infinite"
    assert sum(row["delta"] for row in found["values"]) == pytest.approx(0, abs=1e-9)
    sizes = [abs(row["delta"]) for row in found["values"]]
    assert sizes == sorted(sizes, reverse=True)


def test_by_hand():
    """From halves to 3 to 1: 0.75 ln 1.5 + 0.25 ln 0.5."""
    found = divergence({"en": 50, "de": 50}, {"en": 75, "de": 25})
    assert found["kl"] == pytest.approx(0.1308, abs=1e-4)
    assert in_nats(found, "kl") == "0.1308"
    assert [(row["value"], row["delta"]) for row in found["values"]] == [("de", -0.25), ("en", 0.25)]
    assert divergence({"en": 3}, {"en": 5})["kl"] == 0.0


def test_an_empty_side_has_no_divergence():
    found = divergence({}, {"en": 5})
    assert (found["kl"], found["js"], in_nats(found, "js")) == (None, None, "–")
