from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.character_shingles import character_shingles
from tests.text.reference import real_texts

STEP, FIRST, SECOND, MASK = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 2**64 - 1
TEXTS = st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.text("ab\0é語𝒜")), max_size=6)


def shingles(text: str, k: int) -> list[str]:
    """The definition."""
    return [text[i : i + k] for i in range(max(len(text) - k + 1, bool(text)))]


def hashed(shingle: str) -> int:
    """The shingle hash in plain Python, not rolling."""
    h = 0
    for char in shingle:
        spread = (ord(char) + STEP) * FIRST & MASK
        h = (h * STEP + (spread ^ spread >> 32)) & MASK
    h = (h + len(shingle)) & MASK
    h = (h ^ h >> 30) * FIRST & MASK
    h = (h ^ h >> 27) * SECOND & MASK
    return h ^ h >> 31


def kernel(texts: list[str], k: int) -> list[list[int]]:
    hashes, offsets = character_shingles(pa.array(texts, pa.large_string()), k)
    return [hashes[a:b].tolist() for a, b in pairwise(offsets)]


@settings(max_examples=200)
@given(TEXTS, st.integers(1, 26))
def test_shingles_equal_plain_python(texts: list[str], k: int) -> None:
    assert kernel(texts, k) == [[hashed(s) for s in shingles(t, k)] for t in texts]


def test_every_code_point_has_its_own_hash() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    (found,) = kernel([text], 1)
    assert len(found) == len(text) == len(set(found))
    assert found[::997] == [hashed(char) for char in text[::997]]


def test_equal_windows_and_no_others_share_a_hash_in_real_text(data: Path) -> None:
    texts = real_texts(data, 30, longest=3000)
    found = [h for row in kernel(texts, 24) for h in row]
    windows = [s for text in texts for s in shingles(text, 24)]
    assert len(found) == len(windows)
    assert len(dict(zip(windows, found, strict=True))) == len(set(found)) > 20_000


@pytest.mark.parametrize(
    ("text", "k", "expected"),
    [
        ("Aa a", 3, ["Aa ", "a a"]),
        ("東京タワー", 4, ["東京タワ", "京タワー"]),
        ("e\u0301é", 2, ["e\u0301", "\u0301é"]),
        ("short", 24, ["short"]),
        ("\0", 2, ["\0"]),
        ("\0\0", 2, ["\0\0"]),
        ("", 24, []),
    ],
)
def test_what_a_shingle_is(text: str, k: int, expected: list[str]) -> None:
    assert shingles(text, k) == expected
    assert kernel([text], k) == [[hashed(s) for s in expected]]


@given(st.lists(st.binary(max_size=16), max_size=4), st.integers(1, 5))
def test_bytes_that_are_not_utf8_stay_inside_their_row(rows: list[bytes], k: int) -> None:
    hashes, offsets = character_shingles(pa.array([*rows, b"end"], pa.large_binary()), k)
    assert hashes[offsets[-2] :].tolist() == [hashed(s) for s in shingles("end", k)]
    assert all(n <= len(r) for n, r in zip(offsets[1:] - offsets[:-1], rows, strict=False))


def test_a_slice_of_a_column_is_its_own() -> None:
    column = pa.array(["first", "second", "third"], pa.large_string()).slice(1, 1)
    assert character_shingles(column, 3)[0].tolist() == [hashed(s) for s in shingles("second", 3)]


def test_a_shingle_has_characters() -> None:
    with pytest.raises(ValueError, match="at least one character"):
        character_shingles(pa.array(["a"], pa.large_string()), 0)
