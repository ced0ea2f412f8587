from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.embedding import MOST, embeddings
from curation_lib.text.words import word_hashes

MASK = 2**64 - 1
STEP = 0x9E3779B97F4A7C15


def mixed(h: int) -> int:
    """splitmix64's finaliser."""
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & MASK
    h = (h ^ h >> 27) * 0x94D049BB133111EB & MASK
    return h ^ h >> 31


def features(words: list[int]) -> Counter[int]:
    """Words, and pairs of neighbours."""
    return Counter(words) + Counter(mixed((a * STEP + b) & MASK) for a, b in pairwise(words))


def reference(words: list[int], max_words: int) -> list[int]:
    """One vector, in whole numbers of any size."""
    sums = [0] * 256
    for feature, count in features(words[:max_words]).items():
        weight = round(64 * (1 + math.log(min(count, MOST))))
        for block in range(4):
            signs = mixed((feature + (block + 1) * STEP) & MASK)
            for bit in range(64):
                sums[64 * block + bit] += weight if signs >> bit & 1 else -weight
    largest = max(map(abs, sums)) or 1
    return [round(127 * s / largest) for s in sums]


def flat(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([v for row in rows for v in row], np.uint64)
    return values, np.cumsum([0, *map(len, rows)], dtype=np.int64)


WORDS = st.one_of(st.integers(0, 3), st.integers(0, MASK))


@settings(max_examples=60)
@given(st.lists(st.lists(WORDS, max_size=30), max_size=4), st.integers(1, 40))
def test_equals_plain_python(rows: list[list[int]], max_words: int) -> None:
    found = embeddings(*flat(rows), max_words)
    assert found.dtype == np.int8
    assert found.tolist() == [reference(row, max_words) for row in rows]


def test_what_occurs_often_weighs_little_more() -> None:
    often = [[7] * n for n in (MOST, MOST + 1, 3 * MOST)]
    found = embeddings(*flat(often), 10**6)
    assert (found == found[0]).all()
    assert found[0].tolist() == reference(often[0], 10**6)


def test_a_document_s_vector_does_not_depend_on_its_batch() -> None:
    texts = pa.array(["one two three", "", "four", "one two three " * 50, "—", "五六七"], pa.large_string())
    whole = embeddings(*word_hashes(texts), 100)
    alone = [embeddings(*word_hashes(texts.slice(n, 1)), 100)[0] for n in range(len(texts))]
    assert (whole == np.array(alone)).all()
    assert whole.any(axis=1).tolist() == [True, False, True, True, False, True]


def test_words_beyond_the_bound_do_not_count() -> None:
    texts = pa.array(["a b c", "a b c d", "a b"], pa.large_string())
    bounded = embeddings(*word_hashes(texts), 3)
    assert (bounded[0] == bounded[1]).all()
    assert (bounded[0] != bounded[2]).any()
    assert (embeddings(*word_hashes(texts), 4)[1] != bounded[1]).any()


@pytest.mark.parametrize("shared", [0, 100, 300, 370])
def test_cosines_are_those_of_the_weighted_bags(shared: int) -> None:
    """Mean and spread over 300 pairs of documents of 400 words, `shared` of them in both."""
    draw = np.random.default_rng(shared)
    rows = [draw.integers(0, MASK, 400, dtype=np.uint64) for _ in range(600)]
    for n in range(0, 600, 2):
        rows[n][:shared] = rows[n + 1][:shared]
    bags = [features(row.tolist()) for row in rows]
    exact = np.array(
        [len(a.keys() & b.keys()) / (len(a) * len(b)) ** 0.5 for a, b in zip(bags[::2], bags[1::2], strict=True)]
    )
    made = embeddings(*flat([row.tolist() for row in rows]), 400).astype(float)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    error = (made[::2] * made[1::2]).sum(axis=1) - exact
    spread = (1 - exact.mean() ** 2) / 16
    assert abs(error.mean()) < 3 * spread / 300**0.5 + 0.001  # quantising adds no more
    assert error.std() == pytest.approx(spread, rel=0.15, abs=0.001)
