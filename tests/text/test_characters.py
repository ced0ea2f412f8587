from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text import characters as ch
from tests.text.reference import SYMBOL_SET, TERMINAL_SET, kind

KINDS = {"S": ch.SPACE, "J": ch.JOINED, "A": ch.ALONE, "M": ch.MARK, "P": ch.SIGN}


def test_the_table_says_what_unicode_says_of_every_code_point() -> None:
    table = ch.character_table()
    for code, entry in enumerate(table.tolist()):
        c = chr(code)
        if code >= 0x40000 and code % 97:
            continue  # the last planes hold next to nothing
        flags = (
            c.isalpha(),
            unicodedata.category(c) == "Nd",
            c in SYMBOL_SET,
            c in TERMINAL_SET,
            len(f"{c}x".splitlines()) == 2,
            unicodedata.category(c)[0] == "P",
        )
        names = (ch.ALPHABETIC, ch.DIGIT, ch.SYMBOL, ch.TERMINAL, ch.BREAK, ch.PUNCTUATION)
        assert entry & ch.KIND == KINDS[kind(c)], hex(code)
        assert tuple(bool(entry & name) for name in names) == flags, hex(code)


@given(st.text())
def test_decode_reads_what_python_encoded(text: str) -> None:
    data, codes, i = ch.phrase_bytes(text), [], 0
    while i < len(data):
        code, width = ch.decode(data, i, len(data))
        codes.append(code)
        i += width
    assert codes == list(map(ord, text))


@given(st.binary(max_size=12))
def test_decode_of_anything_stays_inside(data: bytes) -> None:
    array, i = np.frombuffer(data, np.uint8), 0
    while i < len(data):
        code, width = ch.decode(array, i, len(data))
        assert 0 <= code < 0x110000
        assert width >= 1
        i += width
    assert i == len(data)


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \u3000\u2028\x1c\u00a0"))))
def test_stripping_is_strs(text: str) -> None:
    data, table = ch.phrase_bytes(text), ch.character_table()
    start = ch.skip_space(data, 0, len(data), table)
    assert data[start:].tobytes().decode() == text.lstrip()
    assert data[: ch.strip_space(data, 0, len(data), table)].tobytes().decode() == text.rstrip()


@pytest.mark.parametrize(("text", "at", "found"), [("a BcD", 2, True), ("a bc", 2, False), ("bcd", -1, False)])
def test_holds(text: str, at: int, found: bool) -> None:
    data = ch.phrase_bytes(text)
    assert ch.holds(data, at, len(data), ch.phrase_bytes("bcd")) is found
