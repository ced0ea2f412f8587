from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.collapse import collapsed
from curation_lib.text.hashing import slices
from curation_lib.text.paragraphs import paragraph_texts, paragraphs
from tests.dedup import spans_reference

LINES = st.text(st.sampled_from("ab字 \u00a0\u2003\r\t\n\x1c\u200b-"))


def kernel(column: pa.Array) -> list[list[tuple[int, int]]]:
    found = paragraphs(column)
    places = list(zip(found.starts.tolist(), found.stops.tolist(), strict=True))
    return [places[a:b] for a, b in pairwise(found.offsets.tolist())]


@given(st.lists(LINES, max_size=5))
def test_equals_plain_python(texts: list[str]) -> None:
    column = pa.array(["x\n\ny", *texts], pa.large_string()).slice(1)
    expected = [[(len(t[:a].encode()), len(t[:b].encode())) for a, b in spans_reference.paragraphs(t)] for t in texts]
    assert kernel(column) == expected
    pieces = [bytes(p).decode() for p in slices(*collapsed(paragraph_texts(column, paragraphs(column))))]
    assert pieces == [spans_reference.collapsed(t[a:b]) for t in texts for a, b in spans_reference.paragraphs(t)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\u2003\n", []),
        ("one\ntwo\n\nthree", ["one\ntwo", "three"]),
        ("\n\none \n \t\n\u00a0\n\r\ntwo\r\n\r\nthree\n", ["one ", "two\r", "three"]),
        ("***\n\n-\u200b", ["***", "-\u200b"]),
    ],
)
def test_what_a_paragraph_is(text: str, expected: list[str]) -> None:
    (found,) = kernel(pa.array([text], pa.large_string()))
    assert [text.encode()[a:b].decode() for a, b in found] == expected
