from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.text.statistics import ROW, Statistics, text_statistics, word_hash
from tests.text import reference


def statistics_of(*texts: str, **settings: object) -> Statistics:
    return text_statistics(pa.record_batch({"text": pa.array(texts, pa.large_string())}), repeats=True, **settings)


def row(statistics: Statistics, i: int = 0) -> dict[str, int]:
    return {name: int(statistics.rows[name][i]) for name in ROW.names}


@settings(max_examples=400)
@given(reference.TEXTS)
@example("don't a.b. a..b 1,000 1,a ٣,1 x\u0301'y --- -- . .. ...")
@example("\n\n \n\n\u3000a b\r\n\x1cx...\u2028")
@example("語\u0301語a 語.語 \u0301a !\ufe0f! 🙂\u200d🙂")
def test_every_statistic_is_what_plain_python_says(text: str) -> None:
    statistics = statistics_of(text)
    assert row(statistics) == reference.statistics(text)
    ngrams = reference.ngrams(reference.words(text))
    assert {n: int(statistics.ngrams[0, n]) for n in ngrams} == ngrams


@settings(max_examples=50)
@given(st.lists(reference.TEXTS, max_size=6), st.integers(0, 6))
def test_a_batch_in_two_halves_has_the_same_statistics(texts: list[str], cut: int) -> None:
    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    whole = text_statistics(batch, repeats=True)
    halves = [
        text_statistics(batch.slice(0, cut), repeats=True),
        text_statistics(batch.slice(min(cut, len(texts))), repeats=True),
    ]
    assert whole.rows.tolist() == [r for half in halves for r in half.rows.tolist()]
    assert whole.ngrams.tolist() == [r for half in halves for r in half.ngrams.tolist()]


def test_many_lines_and_words_outgrow_the_first_tables() -> None:
    texts = ["x\n" * 5000, " ".join(map(str, range(1200))), "a b c d e " * 3000, ""]
    statistics = statistics_of(*texts)
    for i, text in enumerate(texts[:2]):
        assert row(statistics, i) == reference.statistics(text)
    assert statistics.rows["words"].tolist() == [5000, 1200, 15000, 0]
    # The five words come 3,000 times: after the first, each time is a repeated 5-gram.
    assert int(statistics.ngrams[2, 5]) == 2999 * 5


def test_the_empty_text_and_the_empty_batch() -> None:
    empty = row(statistics_of(""))
    assert {name for name, value in empty.items() if value} == {"paragraphs"}
    assert len(statistics_of().rows) == 0


def test_ratios_of_nothing_are_zero() -> None:
    statistics = statistics_of("", "a # b #")
    assert statistics.ratio("hashes", "words").tolist() == [0.0, 0.5]
    assert statistics.ngram_ratio(2).tolist() == [0.0, 3 / 7]


def test_settings_of_the_callers() -> None:
    statistics = statistics_of("Der Hund und die Katze\nkurz", stop_words=["und", "die", "das"], short_line=4)
    assert statistics.rows["stop_words"].tolist() == [2]
    assert statistics.rows["short_lines"].tolist() == [1]


@pytest.mark.parametrize("word", ["", "two words", "semi;", " led"])
def test_a_stop_word_is_one_word(word: str) -> None:
    with pytest.raises(ValueError, match="not one"):
        word_hash(word)


def test_real_text_in_many_languages(data: Path) -> None:
    documents = reference.real_texts(data, 120, 6_000)
    statistics = statistics_of(*documents)
    for i, text in enumerate(documents):
        assert row(statistics, i) == reference.statistics(text)
        ngrams = reference.ngrams(reference.words(text))
        assert {n: int(statistics.ngrams[i, n]) for n in ngrams} == ngrams
