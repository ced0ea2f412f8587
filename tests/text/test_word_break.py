from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.characters import phrase_bytes
from curation_lib.text.space_words import (
    LETTER,
    LIKE_LETTER,
    MARKED,
    letter_table,
    lower_table,
    same_table,
    space_room,
    space_word_hash,
    split_at_space,
    twice_median,
)
from curation_lib.text.unicode_ranges import RANGES, ranges
from curation_lib.text.word_break import break_table, split_unicode_words
from tests.text.reference import TEXTS
from tests.text.word_break_reference import unicode_words

SCRIPTS = "ab1٣_'’.:,;\"· \n\r\u2028\u0301\u200d\u00adשא語かカー한กា🙂©🇦²Ⅳ"
WORDS = st.one_of(TEXTS, st.text(st.sampled_from(SCRIPTS), max_size=30))


def our_words(text: str) -> tuple[list[int], list[int], list[str]]:
    """Hashes, lengths and texts of the words, the last from where each begins."""
    data = phrase_bytes(text)
    words = space_room(len(data))
    n = split_unicode_words(data, 0, len(data), break_table(), words)
    lengths = (words.ends[1 : n + 1] - words.ends[:n]).tolist()
    starts = words.starts[:n].tolist()
    texts = [bytes(data[at:]).decode()[:length] for at, length in zip(starts, lengths, strict=True)]
    return words.hashes[:n].tolist(), lengths, texts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The quick (“brown”) fox can’t jump 32.3 feet, right?", "The quick brown fox can’t jump 32.3 feet right"),
        ("e.g. 1,000 a,b a_b _c x²", "e.g 1,000 a b a_b x ²"),
        ("漢字かなカタカナ", "漢 字 か な カタカナ"),
        ("a\u200d🙂 🙂\u200da", "a\u200d🙂 a"),
        ("צה\"ל ת'", "צה\"ל ת'"),
    ],
)
def test_words_by_hand(text: str, wanted: str) -> None:
    assert our_words(text)[2] == wanted.split()


@settings(max_examples=400)
@given(WORDS)
@example("a\r\u0301b\u2028\u0301c a'\u0301'b 1.\u00ad2 ש\"\u0301א")
def test_words_are_those_that_begin_with_a_letter_or_number(text: str) -> None:
    hashes, lengths, texts = our_words(text)
    wanted = [w for w in unicode_words(text) if w[0].isalnum()]
    assert texts == wanted
    assert lengths == [len(w) for w in wanted]
    assert len(set(hashes)) == len(set(wanted))


@settings(max_examples=200)
@given(TEXTS)
def test_space_words_are_those_of_split(text: str) -> None:
    data, wanted = phrase_bytes(text), text.split()
    words = space_room(len(data))
    n = split_at_space(data, 0, len(data), letter_table(), same_table(), words)
    spans = zip(words.starts[:n].tolist(), words.stops[:n].tolist(), strict=True)
    assert [bytes(data[a:b]).decode() for a, b in spans] == wanted
    assert (words.ends[1 : n + 1] - words.ends[:n]).tolist() == [len(w) for w in wanted]
    assert words.hashes[:n].tolist() == [int(space_word_hash(w, False)) for w in wanted]
    flags = words.flags[:n]
    assert ((flags & LETTER) != 0).tolist() == [any(c.isalpha() for c in w) for w in wanted]
    assert ((flags & MARKED) != 0).tolist() == ["#" in w or "…" in w for w in wanted]
    assert ((flags & LETTER != 0) <= (flags & LIKE_LETTER != 0)).all()
    lengths = sorted(len(w) for w in wanted)
    middle = lengths[(n - 1) // 2] + lengths[n // 2] if n else 0
    assert twice_median(words.ends, n) == middle


def test_lower_case_is_pythons_code_point_by_code_point() -> None:
    table = lower_table()
    for code in (*range(0x250), 0x391, 0x3A3, 0x410, 0x1E9E, 0x212A, 0x10400):
        low = chr(code).lower()
        assert chr(table[code]) == (low if len(low) == 1 else chr(code))
    assert space_word_hash("THE", True) == space_word_hash("the", True) != space_word_hash("THE", False)


def test_ranges_are_in_order_and_apart() -> None:
    classes = [name for name in RANGES if name not in ("Extended_Pictographic", "Alphabetic")]
    taken: set[int] = set()
    for name in classes:
        codes = [code for first, last in ranges(name) for code in range(first, last + 1)]
        assert codes == sorted(set(codes))
        assert not taken & set(codes)
        taken |= set(codes)
    letters = [c for c in range(0x3000) if unicodedata.category(chr(c)) in ("Lu", "Ll")]
    assert set(letters) <= taken  # every cased letter of the first planes takes part in words
