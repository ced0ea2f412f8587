"""Distinct-n and self-BLEU equal their definitions."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.diversity import distinct_share, ngrams, self_bleu

TEXTS = st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=6)


def bleu(text: list[int], references: list[list[int]]) -> float:
    """BLEU-4 by comparing with every reference; counts from bigrams on smoothed by one."""
    logs = []
    for n in range(1, 5):
        counts = Counter(ngrams(text, n))
        met = sum(min(c, max(Counter(ngrams(r, n))[gram] for r in references)) for gram, c in counts.items())
        total = counts.total()
        if n == 1 and not met:
            return 0.0
        logs.append(math.log(met / total if n == 1 else (met + 1) / (total + 1)))
    nearest = min((abs(len(r) - len(text)), len(r)) for r in references)[1]
    return min(1.0, math.exp(1 - nearest / len(text))) * math.exp(sum(logs) / 4)


@given(TEXTS)
def test_self_bleu_is_the_mean_over_all_pairs(texts: list[list[int]]) -> None:
    filled = [one for one in texts if one]
    wanted = [bleu(one, filled[:i] + filled[i + 1 :]) for i, one in enumerate(filled)] if len(filled) > 1 else []
    assert self_bleu(texts) == pytest.approx(sum(wanted) / len(wanted) if wanted else 0.0)


@given(TEXTS, st.integers(1, 3))
def test_distinct(texts: list[list[int]], n: int) -> None:
    every = [tuple(one[i : i + n]) for one in texts for i in range(len(one) - n + 1)]
    assert distinct_share(texts, n) == (len(set(every)) / len(every) if every else 1.0)


def test_copies_are_alike_and_strangers_are_not() -> None:
    assert self_bleu([[1, 2, 3, 4, 5]] * 3) == pytest.approx(1.0)
    assert self_bleu([[1, 2, 3], [4, 5, 6]]) == 0.0
