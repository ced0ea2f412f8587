from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.ngrams import new_scratch, ngram_characters
from curation_lib.text.occurrences import new_occurrences, slots_for
from tests.text import reference


def kernel(words: list[str]) -> dict[int, int]:
    hashes = np.array([hash(w) % 2**64 for w in words], np.uint64)
    ends = np.concatenate([[0], np.cumsum([len(w) for w in words])]).astype(np.int64)
    out = np.zeros(11, np.int64)
    n = len(words)
    ngram_characters(hashes, ends, n, new_occurrences(slots_for(n)), 0, new_scratch(n), out)
    return {size: int(out[size]) for size in range(2, 11)}


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["a", "bc", "def"]), max_size=120))
def test_repeated_ngrams_are_what_plain_python_counts(words: list[str]) -> None:
    assert kernel(words) == reference.ngrams(words)


def test_small_texts_by_hand() -> None:
    assert kernel(["one", "two"]) == {2: 7} | dict.fromkeys(range(3, 11), 0)
    # "a b" and "b a" come twice, "a b" first; the 5-gram at 5 repeats, and nothing is left behind it.
    found = kernel(["a", "b", "c", "d", "e"] * 2)
    assert found[2] == 3 * 2
    assert found[4] == 7 * 2
    assert found[5] == 5
    assert found[6] == 0


def test_a_repeat_is_not_counted_twice() -> None:
    # Of eleven equal words the 5-grams at 1 and 6 repeat; the rest starts inside one or is too short.
    assert kernel(["ab"] * 11)[5] == 2 * 5 * 2


def test_of_equally_common_ngrams_the_first_counts() -> None:
    assert kernel(["x", "long", "y", "x", "long", "zz", "y", "zz", "y"])[2] == len("x long") * 2
