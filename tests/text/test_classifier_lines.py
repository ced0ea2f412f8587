from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from curation_lib.text.classifier_lines import Form, classifier_lines
from tests.text import reference

BREAKS = st.text(
    st.sampled_from("aB .,\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2028\u2029\u202f\u205f\u3000İȺ語é")
)
TEXTS = st.lists(st.one_of(reference.TEXTS, BREAKS), max_size=4)


def made(texts: list[str], form: Form) -> list[str]:
    data, offsets = classifier_lines(pa.array(texts, pa.large_string()), form)
    return [bytes(data[a:b]).decode() for a, b in pairwise(offsets)]


def spaced(text: str) -> str:
    """Form `words`, from its definition."""
    out = ""
    for char in text:
        if char.isspace():
            out += " "
        elif unicodedata.category(char)[0] in "LNM":
            lower = char.lower()[0]
            out += f" {lower} " if reference.kind(char) == "A" else lower
        else:
            out += f" {char} "
    return " ".join(piece for piece in out.split(" ") if piece)


@given(TEXTS)
@example(["a\r\n\r\nb\n", "", " \u3000x\x85y\u00a0"])
def test_lines_are_those_of_dclm(texts: list[str]) -> None:
    assert made(texts, "lines") == [" ".join(t.strip().splitlines()) for t in texts]


@given(TEXTS)
@example(["Don't!", "...", "ȺİΣ語。", "a.b", "\x00\x01"])
def test_words_stand_apart_from_signs(texts: list[str]) -> None:
    assert made(texts, "words") == [spaced(t) for t in texts]


def test_every_code_point() -> None:
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = ["a" + "a".join(map(chr, codes[n : n + 4096])) + "B" for n in range(0, len(codes), 4096)]
    assert made(texts, "lines") == [" ".join(t.strip().splitlines()) for t in texts]
    assert made(texts, "words") == [spaced(t) for t in texts]


def test_a_line_holds_no_separator_of_fasttext_but_spaces() -> None:
    """fastText splits at these bytes and takes a newline for the end of the text; `words` leaves none of them but NUL."""
    texts = ["a\tb\vc\fd\re\nf"]
    assert made(texts, "words") == ["a b c d e f"]
    assert "\n" not in made(texts, "lines")[0]


def test_slices_of_a_column() -> None:
    column = pa.array(["One.", "Two\nlines", "THREE"], pa.large_string()).slice(1)
    data, offsets = classifier_lines(column, "words")
    assert bytes(data).decode() == "two linesthree"
    assert np.array_equal(offsets, [0, 9, 14])
