"""Folded text: the kernel equals its definition on any text, and a few texts as a person reads them."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.text.folded_text import folded_text
from tests.text.ngram_reference import folded
from tests.text.reference import TEXTS


def fold(*texts: str) -> list[str]:
    data, offsets = folded_text(pa.array(texts, pa.large_string()))
    return [data[a:b].tobytes().decode() for a, b in pairwise(offsets)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It cost 1,250.50 in May 2021!",
            "it cost 0000 , 0000 . 00 in may 0000 !".replace("0000 ,", "0 ,").replace(", 0000", ", 000"),
        ),
        ("“Don’t” — he said…", '" don \' t " - he said …'),
        ("  one\r\n\r\n  TWO\tthree  ", "one\ntwo three"),
        ("中文ab，ｘ", "中 文 ab , ｘ"),
        ("e\u0301a soft\u00adhyphen", "e\u0301a softhyphen"),
        (" \n\t ", ""),
        ("", ""),
    ],
)
def test_folded_text_is_what_a_reader_expects(text: str, expected: str) -> None:
    assert fold(text) == [expected]


@given(st.lists(TEXTS, max_size=4))
@settings(max_examples=300)
def test_folded_text_equals_its_definition(texts: list[str]) -> None:
    assert fold(*texts) == [folded(text) for text in texts]


def test_every_code_point_is_folded_as_defined() -> None:
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = ["a" + "b".join(points[i : i + 4096]) for i in range(0, len(points), 4096)]
    assert fold(*texts) == [folded(text) for text in texts]
