"""What two texts share equals plain Python over their words."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.pair_overlap import common_runs, ngram_overlap

WORDS = st.lists(st.sampled_from("ab cd ef gh ij".split()), max_size=14)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=5)


def columns(pairs: list[tuple[list[str], list[str]]]) -> tuple[pa.Array, pa.Array]:
    return tuple(pa.array([" ".join(pair[side]) for pair in pairs], pa.large_string()) for side in (0, 1))  # type: ignore[return-value]


def grams(words: list[str], n: int) -> set[tuple[str, ...]]:
    size = min(n, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)} if words else set()


@settings(deadline=None)  # a kernel may have to be compiled
@given(PAIRS, st.integers(1, 5))
def test_novelty_and_similarity(pairs: list[tuple[list[str], list[str]]], n: int) -> None:
    found = ngram_overlap(*columns(pairs), n)
    for row, (first, second) in enumerate(pairs):
        a, b = grams(first, n), grams(second, n)
        assert found.novelty[row] == (1 - len(a & b) / len(a) if a else 0.0)
        assert found.similarity[row] == (len(a & b) / len(a | b) if a | b else 0.0)


@settings(deadline=None)  # a kernel may have to be compiled
@given(PAIRS)
def test_the_longest_common_run(pairs: list[tuple[list[str], list[str]]]) -> None:
    found = common_runs(*columns(pairs))
    for row, (first, second) in enumerate(pairs):
        runs = [
            (j - i, -i) for i in range(len(first)) for j in range(i + 1, len(first) + 1)
            if any(second[k : k + j - i] == first[i:j] for k in range(len(second)))
        ]  # fmt: skip
        length = max(runs, default=(0, 0))[0]
        assert found.lengths[row] == length
        assert found.words[row] == len(first)
        start = found.firsts[row]
        run = first[start : start + length]
        assert not length or any(second[k : k + length] == run for k in range(len(second)))


def test_case_and_punctuation_do_not_count() -> None:
    found = common_runs(pa.array(["So: The quick, BROWN fox!"]), pa.array(["the quick brown fox sleeps"]))
    assert (found.lengths[0], found.firsts[0], found.words[0]) == (4, 1, 5)
