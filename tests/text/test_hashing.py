from __future__ import annotations

import string

import numpy as np
import pyarrow as pa
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text import hashing
from curation_lib.text.collapse import collapsed

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
SPACES = "".join(chr(c) for c in range(0x110000) if chr(c).isspace())
SPACED = st.text(st.one_of(st.sampled_from(SPACES + "aZéÉ字"), st.characters(exclude_categories=["Cs"])))


def reference(text: str) -> bytes:
    return " ".join(text.split()).translate(LOWER).encode()


@given(st.lists(SPACED, max_size=6))
def test_collapsed_equals_plain_python(texts: list[str]) -> None:
    data, offsets = collapsed(pa.array(texts, pa.large_string()))
    assert [bytes(piece) for piece in hashing.slices(data, offsets)] == [reference(t) for t in texts]


def test_collapsed_equals_plain_python_at_every_code_point() -> None:
    texts = [f"A{chr(c)}B" for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    data, offsets = collapsed(pa.array(texts, pa.large_string()))
    assert data.tobytes() == b"".join(map(reference, texts))
    assert len(offsets) == len(texts) + 1


@given(st.binary(max_size=12))
def test_collapse_stays_inside_rows_that_are_not_utf8(junk: bytes) -> None:
    alone, _ = collapsed(pa.array([junk]))
    data, offsets = collapsed(pa.array([junk, b"\x85\xa0\x80\x80", b"x"]))
    assert data[: offsets[1]].tobytes() == alone.tobytes()
    assert data[offsets[2] :].tobytes() == b"x"


@given(st.lists(SPACED, max_size=6))
def test_hashes_equal_the_library_on_strings(texts: list[str]) -> None:
    column = pa.chunked_array([pa.array(["skip", *texts]).slice(1)])
    assert hashing.content_hashes(column).to_pylist() == [xxhash.xxh3_128_hexdigest(t.encode()) for t in texts]
    high, low = hashing.normalised_hashes(column)
    whole = [int(h) << 64 | int(w) for h, w in zip(high, low, strict=True)]
    assert whole == [xxhash.xxh3_128_intdigest(reference(t)) for t in texts]
    assert hashing.priority(column, 7).tolist() == [xxhash.xxh3_64_intdigest(t.encode(), 7) for t in texts]


def test_doc_ids_are_pinned_and_keep_the_border_between_source_and_id() -> None:
    assert hashing.doc_id("docs", "a/b.html") == "2e616b839e1480edf3cec733d3ffa5a1"
    assert hashing.doc_ids("docs", ["a/b.html"]).to_pylist() == [hashing.doc_id("docs", "a/b.html")]
    assert hashing.doc_id("a", "bc") != hashing.doc_id("ab", "c")


def test_priority_is_uniform_and_changes_with_the_seed() -> None:
    ids = hashing.doc_ids("docs", [str(i) for i in range(4000)])
    first, second = hashing.priority(ids, 1), hashing.priority(ids, 2)
    share = np.mean((first < 2**63) & (second < 2**63))
    assert abs(share - 0.25) < 4 * (0.25 * 0.75 / 4000) ** 0.5
