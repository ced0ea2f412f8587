from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.masked_words import folded, masked, masked_tokens
from tests.text.test_words import SCRIPTS, TEXTS, kind, words

Found = tuple[str, int, int]
"""Token as compared, and the characters [start, end) that it is."""


def tokens(text: str, characters: bool, joined: bool) -> list[Found]:
    """The definition in plain Python."""
    found: list[Found] = []
    inside = alone = False
    for place, char in enumerate(text):
        now = kind(char)
        if now == "separator":
            inside = inside and joined and not char.isspace()
            continue
        digit = unicodedata.category(char) == "Nd"
        if characters:
            new = not (digit and found and found[-1][0][-1:].isdecimal() and inside)
        else:
            new = now == "alone" or (alone and now == "joined")
        if not inside or new:
            found.append((char.lower(), place, place + 1))
            alone = now == "alone"
        else:
            found[-1] = (found[-1][0] + char.lower(), found[-1][1], place + 1)
        inside = True
    return found


def kernel(texts: list[str], characters: bool, joined: bool) -> list[list[tuple[int, int, int, int]]]:
    found = masked_tokens(pa.array(["x y", *texts], pa.large_string()).slice(1), characters, joined)
    rows = list(zip(*(column.tolist() for column in found[:4]), strict=True))
    return [rows[a:b] for a, b in pairwise(found.offsets.tolist())]


NUMBERS = st.lists(st.text(st.sampled_from(SCRIPTS + "1234567890,.%$ ٣٤ab")))


@given(st.one_of(TEXTS, NUMBERS), st.booleans(), st.booleans())
def test_tokens_equal_plain_python(texts: list[str], characters: bool, joined: bool) -> None:
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for text, found in zip(texts, kernel(texts, characters, joined), strict=True):
        expected = tokens(text, characters, joined)
        places = [(len(text[:a].encode()), len(text[:b].encode())) for _, a, b in expected]
        assert [(start, end) for start, end, *_ in found] == places
        for (token, a, b), (*_, mask, real) in zip(expected, found, strict=True):
            assert folded(text[a:b]) == token
            # the dot of a lowered U+0130 is compared, but not hashed
            assert exact.setdefault(token.replace("i\u0307", "i"), real) == real
            assert loose.setdefault(re.sub(r"\d+", "0", token).replace("i\u0307", "i"), mask) == mask
            assert masked(token) == re.sub(r"\d+", "0", token)
    assert len(set(loose.values())) == len(loose)
    assert len(set(exact.values())) == len(exact)


@given(TEXTS)
def test_words_are_those_of_the_shingles(texts: list[str]) -> None:
    assert [[token for token, _, _ in tokens(text, False, False)] for text in texts] == [*map(words, texts)]


def test_every_code_point_equals_plain_python() -> None:
    assigned = [*range(0xD800), *range(0xE000, 0x33480), *range(0xE0000, 0xE0200)]
    texts = [f"B{chr(c)}字" for c in assigned]
    for characters in (False, True):
        expected = [
            [(len(t[:a].encode()), len(t[:b].encode())) for _, a, b in tokens(t, characters, True)] for t in texts
        ]
        assert [[(a, b) for a, b, *_ in found] for found in kernel(texts, characters, True)] == expected


@pytest.mark.parametrize(
    ("text", "joined", "expected"),
    [
        ("Janet’s hip-hop, 1,000 GB/minute", False, "janet s hip hop 1 000 gb minute"),
        ("Janet’s hip-hop, 1,000 GB/minute", True, "janets hiphop 1000 gbminute"),
    ],
)
def test_joined_strips_signs_inside_words(text: str, joined: bool, expected: str) -> None:
    (found,) = kernel([text], False, joined)
    data = text.encode()
    assert [folded(data[a:b].decode()) for a, b, *_ in found] == expected.split()


def test_numbers_are_one_in_the_masked_hash_only() -> None:
    (found,) = kernel(["7 1234 ٣٤ x7 x89"], False, False)
    assert len({mask for *_, mask, _ in found[:3]}) == len({mask for *_, mask, _ in found[3:]}) == 1
    assert len({exact for *_, exact in found}) == 5


@given(st.lists(st.binary(max_size=16), max_size=4), st.booleans())
def test_bytes_that_are_not_utf8_stay_inside_their_row(rows: list[bytes], characters: bool) -> None:
    found = masked_tokens(pa.array([*rows, b"end"], pa.large_binary()), characters)
    assert found.starts[found.offsets[-2]] == 0
    assert found.ends[-1] == 3
