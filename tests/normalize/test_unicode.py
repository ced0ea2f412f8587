from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation_lib.normalize.unicode import clean

KEPT_CONTROLS = {"\n", "\t"}
any_text = st.text(st.characters(codec=None)) | st.text(
    st.sampled_from("a \t\n\r\v\f\x00\x85\u00a0\u2028\u2029\u200c\u200d\u00ad\ufeff\ufffce\u0301\ud800\u3000")
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\vd\fe\x85f\u2028g", "a\nb\nc\nd\ne\nf\ng"),
        ("a\u2029b", "a\n\nb"),
        ("a  \n\t\nb\t ", "a\n\nb"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("  a\u00a0b ", "a b"),
        ("e\u0301", "é"),
        ("\ufeffa\x00\x07\x9fb\ufffc", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("co\u00adoperate", "co\u00adoperate"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("\x00\n \t", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(any_text)
@example("\x00e\x00\u0301")
@example("a \x00\n")
def test_properties(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cs") and c not in KEPT_CONTROLS]
    assert "\n\n\n" not in cleaned
    assert not [line for line in cleaned.split("\n") if line != line.rstrip(" \t")]
    assert cleaned == cleaned.strip()
    for joiner in "\u200c\u200d\u00ad":
        assert cleaned.count(joiner) == text.count(joiner)


@pytest.mark.parametrize("unit", [" ", "\t ", "\n", " \n", "\u00a0", "\x00", "e\u0301", "\ud800"])
def test_time_is_linear(unit: str) -> None:
    started = time.process_time()
    clean(unit * 1_000_000 + "x")
    assert time.process_time() - started < 3
