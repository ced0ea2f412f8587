from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from curation_lib.text.blocks import (
    CASE,
    block_at,
    chunk_end,
    count_characters,
    equal,
    letters_end,
    newline_at,
    ones,
    text_hash,
    visible_end,
)
from curation_lib.text.buffers import Bytes
from curation_lib.text.characters import character_table

TEXTS = st.text(st.sampled_from("aZz{`@[\n \x7fé第😀\x00\x1f0A\x85\u2028m"), max_size=40)


def placed(text: str, before: str, behind: str) -> tuple[Bytes, int, int]:
    """`(data, start, end)`: the text within other bytes, or at the very end of them."""
    start = len(before.encode())
    return (
        np.frombuffer((before + text + behind).encode() or b" ", np.uint8),
        start,
        start + len(text.encode()),
    )


ENDS: dict[Callable[[Bytes, int, int], int], Callable[[int], bool]] = {
    letters_end: lambda byte: chr(byte).isascii() and chr(byte).isalpha(),
    visible_end: lambda byte: 0x20 < byte < 0x80,
    newline_at: lambda byte: byte != ord("\n"),
}


@given(TEXTS, TEXTS, TEXTS)
@pytest.mark.parametrize("kernel", ENDS, ids=lambda kernel: kernel.__name__)
def test_runs_end_at_the_first_byte_that_is_none_of_theirs(
    kernel: Callable[[Bytes, int, int], int], text: str, before: str, behind: str
) -> None:
    data, start, end = placed(text, before, behind)
    stop = start
    while stop < end and ENDS[kernel](int(data[stop])):
        stop += 1
    assert kernel(data, start, end) == stop


@given(TEXTS, TEXTS, TEXTS)
def test_a_chunk_ends_at_white_space(text: str, before: str, behind: str) -> None:
    data, start, end = placed(text, before, behind)
    first = next((i for i, c in enumerate(text) if c.isspace()), len(text))
    assert chunk_end(data, start, end, character_table()) == start + len(text[:first].encode())


@given(TEXTS, TEXTS, TEXTS)
def test_characters_are_counted(text: str, before: str, behind: str) -> None:
    assert count_characters(*placed(text, before, behind)) == len(text)


@njit
def count_equal(data: Bytes, size: int, sign: int, any_case: bool) -> int:
    block = block_at(data, 0, size)
    return ones(equal(block | CASE if any_case else block, sign))


@given(st.binary(max_size=8), st.sampled_from("\n.#{m"))
def test_equal_bytes_are_found(block: bytes, sign: str) -> None:
    data = np.frombuffer(block or b"x", np.uint8)
    assert count_equal(data, len(block), ord(sign), False) == block.count(sign.encode())
    assert count_equal(data, len(block), ord("m"), True) == sum(byte | 0x20 == ord("m") for byte in block)


@given(TEXTS, TEXTS, TEXTS)
def test_a_hash_depends_on_the_text_alone(text: str, before: str, behind: str) -> None:
    alone = placed(text, "", "")
    assert text_hash(*placed(text, before, behind)) == text_hash(*alone)


def test_short_texts_have_hashes_of_their_own() -> None:
    texts = [f"{a}{b}" for a in map(chr, range(0x300)) for b in ("", "\x00", "a", "é", "abcdef")]
    assert len({int(text_hash(*placed(text, "", ""))) for text in texts}) == len(texts)
