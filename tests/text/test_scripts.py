from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.scripts import (
    ALIKE,
    FIRST,
    MARK,
    NO_LETTER,
    OTHER,
    SCRIPTS,
    UNOWNED,
    script_letters,
    script_table,
)
from tests.text import reference

TEXTS = st.one_of(reference.TEXTS, st.text(st.sampled_from("aаαԱᎪ\u0301Жж1 .语ʰ")))


def expected(text: str) -> tuple[list[int], int, int]:
    """Letters by script, words and mixed words, from the definitions."""
    table, letters = script_table(), [0] * (1 + len(SCRIPTS))
    words: list[set[str]] = []
    inside = False
    for char in text:
        kind = int(table[ord(char)])
        if kind > MARK:
            if not inside:
                words.append(set())
            inside = True
            if kind >= OTHER:
                letters[kind - OTHER] += 1
            if kind >= FIRST:
                words[-1].add(SCRIPTS[kind - FIRST])
        elif kind == NO_LETTER:
            inside = False
    return letters, len(words), sum(len(word & set(ALIKE)) > 1 for word in words)


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=4))
@example(["аa \u0301x", "pаypal α"])
def test_counts_equal_the_definition(texts: list[str]) -> None:
    letters, words, mixed = script_letters(pa.array(texts, pa.large_string()))
    found = list(zip(letters.tolist(), words.tolist(), mixed.tolist(), strict=True))
    assert found == [expected(text) for text in texts]


def test_every_letter_is_of_the_script_that_unicode_says() -> None:
    regex = pytest.importorskip("regex")
    table, odd = script_table(), ("MATHEMATICAL", "TATWEEL", "IDEOGRAPHIC CLOSING MARK", "ORDINAL INDICATOR")
    chars = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Lu", "Ll", "Lt", "Lo")]
    chars = [c for c in chars if not any(word in unicodedata.name(c, "") for word in odd)]
    assert len(chars) > 130_000
    for n, script in enumerate(SCRIPTS):
        wanted = set(regex.findall(rf"\p{{Script={script}}}", "".join(chars)))
        assert wanted == {c for c in chars if table[ord(c)] == FIRST + n}, script
    shared = set(regex.findall(r"[\p{Script=Common}\p{Script=Inherited}]", "".join(chars)))
    assert {c for c in chars if table[ord(c)] == UNOWNED} <= shared
    assert all(table[ord(c)] < FIRST for c in shared)


@pytest.mark.parametrize(
    ("char", "kind"),
    [
        ("a", "Latn"),
        ("Ａ", "Latn"),
        ("ж", "Cyrl"),
        ("漢", "Hani"),
        ("々", "Hani"),
        ("ｶ", "Kana"),
        ("각", "Hang"),
        ("ﻻ", "Arab"),
    ],
)
def test_scripts_by_hand(char: str, kind: str) -> None:
    assert script_table()[ord(char)] == FIRST + SCRIPTS.index(kind)


def test_what_no_script_owns() -> None:
    assert {c: int(script_table()[ord(c)]) for c in "ªʰー𝒜µ1 \u0301𐌰"} == {
        **dict.fromkeys("ªʰー𝒜µ", UNOWNED), "1": NO_LETTER, " ": NO_LETTER, "\u0301": MARK, "𐌰": OTHER,
    }  # fmt: skip
