from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.word_spans import word_spans
from tests.dedup import spans_reference
from tests.text.test_words import TEXTS, words


def kernel(texts: list[str]) -> list[list[tuple[int, int, int]]]:
    found = word_spans(pa.array(["x y", *texts], pa.large_string()).slice(1))
    rows = list(zip(*(column.tolist() for column in found[:3]), strict=True))
    return [rows[a:b] for a, b in pairwise(found.offsets.tolist())]


@given(TEXTS)
def test_spans_equal_plain_python(texts: list[str]) -> None:
    hashes: dict[str, tuple[int, int]] = {}
    for text, found in zip(texts, kernel(texts), strict=True):
        expected = spans_reference.words(text)
        assert [word for word, _ in expected] == words(text)
        assert [start for start, _, _ in found] == [len(text[:place].encode()) for _, place in expected]
        for (word, _), (_, high, low) in zip(expected, found, strict=True):
            assert hashes.setdefault(word, (high, low)) == (high, low)
    assert len({high for high, _ in hashes.values()}) == len({low for _, low in hashes.values()}) == len(hashes)


def test_hashes_of_a_million_words_differ() -> None:
    (found,) = kernel([" ".join(f"{n:x}" for n in range(1_000_000))])
    for half in (1, 2):
        assert len({word[half] for word in found}) == len(found)


def test_every_code_point_equals_plain_python() -> None:
    assigned = [*range(0xD800), *range(0xE000, 0x33480), *range(0xE0000, 0xE0200)]
    texts = [f"B{chr(c)}字" for c in assigned]
    expected = [[len(t[:place].encode()) for _, place in spans_reference.words(t)] for t in texts]
    assert [[start for start, _, _ in found] for found in kernel(texts)] == expected


@given(st.lists(st.binary(max_size=16), max_size=4))
def test_bytes_that_are_not_utf8_stay_inside_their_row(rows: list[bytes]) -> None:
    found = word_spans(pa.array([*rows, b"end"], pa.large_binary()))
    assert found.starts[found.offsets[-2] :].tolist() == [0]
    assert all(n <= (len(r) + 1) // 2 for n, r in zip(found.offsets[1:] - found.offsets[:-1], rows, strict=False))
