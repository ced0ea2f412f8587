from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.masked_words import folded, masked, masked_tokens
from curation_lib.text.overlap import Grams, ngram_index, ngram_matches

Gram = tuple[str, ...]
ROWS = st.lists(
    st.lists(st.sampled_from(["a", "B", "cé", "1", "22", "x3", "字", "-"]), max_size=14).map(" ".join), max_size=6
)


def words(text: str) -> list[str]:
    return [folded(word) for word in text.split() if folded(word)]


def compared(gram: list[str]) -> Gram:
    """With numbers masked, unless more than half of the tokens are numbers."""
    numbers = sum(word.isdecimal() for word in gram)
    return tuple(gram if 2 * numbers > len(gram) else map(masked, gram))


def reference(texts: list[str], size: int, least: int, most: int) -> dict[Gram, list[tuple[int, int]]]:
    """Where each n-gram stands that not too many texts have."""
    places: dict[Gram, list[tuple[int, int]]] = defaultdict(list)
    for row, text in enumerate(texts):
        found = words(text)
        n = size if len(found) >= size else least
        for first in range(len(found) - n + 1 if len(found) >= least else 0):
            places[compared(found[first : first + n])].append((row, first))
    return {gram: at for gram, at in places.items() if len({texts[row] for row, _ in at}) <= most}


def indexed(texts: list[str], size: int, least: int, most: int) -> Grams:
    column = pa.array(texts, pa.large_string())
    number = {text: n for n, text in enumerate(dict.fromkeys(texts))}
    return ngram_index(masked_tokens(column), size, least, np.array([number[t] for t in texts], np.int64), most)


@given(ROWS, ROWS, st.integers(1, 6), st.integers(1, 6), st.integers(1, 3))
def test_matches_equal_plain_python(items: list[str], documents: list[str], size: int, least: int, most: int) -> None:
    least = min(least, size)
    expected, grams = reference(items, size, least, most), indexed(items, size, least, most)
    assert sorted(grams.totals.tolist()) == sorted(
        sum(row == n for at in expected.values() for row, _ in at) for n in range(len(items))
    )
    found = ngram_matches(pa.array(["a 1", *documents], pa.large_string()).slice(1), grams)
    stand = set()
    for row, start, stop, length, gram in zip(*(column.tolist() for column in found), strict=True):
        run = words(documents[row].encode()[start:stop].decode())
        assert len(run) == length
        for at in range(grams.offsets[gram], grams.offsets[gram + 1]):
            owner, place = int(grams.owners[at]), int(grams.places[at])
            assert compared(words(items[owner])[place : place + length]) == compared(run)
            stand.add((row, start, owner, place))
    assert {(row, owner, place) for row, _, owner, place in stand} == {
        (row, owner, place)
        for row, text in enumerate(documents)
        for gram, at in expected.items()
        for first in range(len(words(text)) - len(gram) + 1)
        if compared(words(text)[first : first + len(gram)]) == gram
        for owner, place in at
    }


def test_an_index_of_nothing_matches_nothing() -> None:
    grams = indexed(["too short"], 8, 8, 10)
    assert len(ngram_matches(pa.array(["too short"], pa.large_string()), grams).rows) == 0


def test_tables_of_numbers_do_not_match_each_other() -> None:
    grams = indexed(["1 2 3 4 5 6 7 8", "he paid 3 for 4"], 4, 4, 10)
    texts = ["9 9 9 9 9 9 9 9", "4 5 6 7", "he paid 9 for 8"]
    assert ngram_matches(pa.array(texts, pa.large_string()), grams).rows.tolist() == [1, 2, 2]


def test_many_n_grams_and_many_matches() -> None:
    """More keys than the first bits hold, more matches than the first room."""
    letters = str.maketrans("0123456789", "abcdefghij")
    lines = [" ".join(f"w{10 * n + k}" for k in range(10)).translate(letters) for n in range(20_000)]
    grams = indexed(lines, 8, 8, 10)
    found = ngram_matches(pa.array(lines[::10], pa.large_string()), grams)
    assert found.rows.tolist() == [row for row in range(2000) for _ in range(3)]
