from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.phrases import counted, fold, phrases
from tests.text import reference

TEXTS = st.one_of(
    reference.TEXTS,
    st.lists(st.sampled_from(["ab", "Ab", " ", "\n ", "abc", "é", "_", ".", "語", "İ", "ไ", "\u0301"])).map("".join),
)
ENTRIES = st.lists(st.one_of(st.text(max_size=4), st.sampled_from(["ab", "ab abc", "abc", ".", "é", "語", "i", "a b"])))


def folded(char: str) -> str:
    if char.isspace():
        return " "
    return char.lower()[0] if unicodedata.category(char)[0] in "LNM" else char


def tokens(text: str) -> list[tuple[str, str]]:
    """(folded, kind) of each character, a run of white space as one."""
    found: list[tuple[str, str]] = []
    for char in text:
        kind = reference.kind(char)
        if not (kind == "S" and found and found[-1][1] == "S"):
            found.append((folded(char), kind))
    return found


def expected(text: str, entries: list[str], whole: bool) -> tuple[int, int]:
    """Phrases met and words, from the definitions."""
    chars = tokens(text)
    known = {tuple(c for c, _ in tokens(entry.strip())) for entry in entries} - {()}
    word = [kind in "JAM" for _, kind in chars]
    count = i = 0
    while i < len(chars):
        ends = [
            n
            for n in range(i + 1, len(chars) + 1)
            if tuple(c for c, _ in chars[i:n]) in known
            and not (whole and ((i > 0 and word[i - 1]) or (n < len(chars) and word[n])))
        ]
        count += bool(ends)
        i = max(ends, default=i + 1)
    return count, number_of_words([kind for _, kind in chars])


def number_of_words(kinds: list[str]) -> int:
    current, count = "S", 0
    for kind in kinds:
        if kind in "SP":
            current = "S"
        elif kind == "M" and current in "JA":
            continue
        elif not (kind == current == "J"):
            current = "J" if kind == "M" else kind
            count += 1
    return count


def found(texts: list[str], entries: list[str], whole: bool) -> list[tuple[int, int]]:
    rows = np.arange(len(texts))
    counts, words = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
    counted(*arrow_buffers(pa.array(texts, pa.large_string())), rows, phrases(entries), whole, counts, words)
    return list(zip(counts.tolist(), words.tolist(), strict=True))


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=3), ENTRIES, st.booleans())
@example(["A  b abc_"], ["a b", "abc", "b"], True)
def test_counts_equal_the_definition(texts: list[str], entries: list[str], whole: bool) -> None:
    assert found(texts, entries, whole) == [expected(text, entries, whole) for text in texts]


@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.data())
def test_pieces_of_the_text_are_met(texts: list[str], data: st.DataObject) -> None:
    text = texts[0]
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : start + data.draw(st.integers(0, 12))]
    assert found([text], [piece], False)[0][0] >= bool(piece.strip())
    assert found(texts, [piece], False) == [expected(one, [piece], False) for one in texts]


def test_every_code_point_folds_as_the_definition_says() -> None:
    chars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    assert [fold(c) for c in chars] == [[ord(folded(c))] if not c.isspace() else [] for c in chars]


def test_only_the_rows_asked_for() -> None:
    counts, words = np.zeros(3, np.int64), np.zeros(3, np.int64)
    text = pa.array(["a b", "a", "a a"], pa.large_string())
    counted(*arrow_buffers(text), np.array([0, 2]), phrases(["a"]), True, counts, words)
    assert (counts.tolist(), words.tolist()) == ([1, 0, 2], [2, 0, 2])
