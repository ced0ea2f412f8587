from __future__ import annotations

import unicodedata
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.codepoints import UNSPACED
from curation_lib.text.words import word_hashes

SCRIPTS = "aZéßİΣσςǅ0٣_-’ \n\u00a0\u0301\u0e33字語がカー々〇กำ๑ကខាॐकाñ한글𠀀𝒜🙂\u200d\u0130\u212a"
TEXTS = st.lists(st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters(exclude_categories=["Cs"]))))
MASK = 2**64 - 1


def kind(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M":
        return "mark"
    if category[0] not in "LN":
        return "separator"
    letter = category[0] == "L" or category == "Nl"
    return "alone" if letter and any(a <= ord(char) <= b for a, b in UNSPACED) else "joined"


def words(text: str) -> list[str]:
    """The definition in plain Python: lower-cased words of one text."""
    found: list[str] = []
    before = "separator"
    for char in text:
        now = kind(char)
        if now == "mark" and before == "separator":
            now = "joined"
        if now == "alone" or (now == "joined" and before != "joined"):
            found.append(char.lower())
        elif now != "separator":
            found[-1] += char.lower()
        before = before if now == "mark" else now
    return found


def hashed(word: str) -> int:
    """The word hash in plain Python: characters packed into 8 bytes, each pack folded in."""

    def fold(h: int, packed: int) -> int:
        h = (h ^ packed) * 0xBF58476D1CE4E5B9 & MASK
        return h ^ h >> 32

    h, packed, used = 0x9E3779B97F4A7C15, 0, 0
    for code in map(ord, word):
        width, value = (1, code) if code < 0x80 else (3, 0x800000 | code)
        if used + width > 8:
            h, packed, used = fold(h, packed), 0, 0
        packed, used = packed << 8 * width | value, used + width
    h = fold(h, packed) * 0x94D049BB133111EB & MASK
    return h ^ h >> 29


def kernel(texts: list[str]) -> list[list[int]]:
    hashes, offsets = word_hashes(pa.array(texts, pa.large_string()))
    return [hashes[a:b].tolist() for a, b in pairwise(offsets)]


@given(TEXTS)
def test_words_equal_plain_python(texts: list[str]) -> None:
    assert kernel(texts) == [[hashed(w) for w in words(t)] for t in texts]


def test_words_equal_plain_python_at_every_code_point() -> None:
    assigned = [*range(0xD800), *range(0xE000, 0x33480), *range(0xE0000, 0xE0200)]
    empty_or_private = range(0x33480, 0x110000, 61)
    texts = [f"B{chr(c)}字" for c in [*assigned, *empty_or_private]]
    expected = [words(t) for t in texts]
    table = {w: hashed(w) for w in {w for found in expected for w in found}}
    assert kernel(texts) == [[table[w] for w in found] for found in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't panic_now, it's 4.2!", ["don", "t", "panic", "now", "it", "s", "4", "2"]),
        ("東京タワー123階", ["東", "京", "タ", "ワ", "ー", "123", "階"]),
        ("ภาษา", ["ภ", "า", "ษ", "า"]),
        ("กำ่", ["ก", "ำ่"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("İSTANBUL ΟΔΟΣ", ["i̇stanbul", "οδοσ"]),
        ("한국어 조선", ["한국어", "조선"]),
        ("… — 🙂", []),
        ("", []),
    ],
)
def test_what_a_word_is(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert kernel([text]) == [[hashed(w) for w in expected]]


@given(st.lists(st.binary(max_size=16), max_size=4))
def test_bytes_that_are_not_utf8_stay_inside_their_row(rows: list[bytes]) -> None:
    _, offsets = word_hashes(pa.array([*rows, b"end"], pa.large_binary()))
    hashes, _ = word_hashes(pa.array([*rows, b"end"], pa.large_binary()))
    assert hashes[offsets[-2] :].tolist() == [hashed("end")]
    assert all(n <= (len(r) + 1) // 2 for n, r in zip(offsets[1:] - offsets[:-1], rows, strict=False))
