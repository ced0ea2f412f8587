from __future__ import annotations

from curation_lib.filters.gopher_repetition import STAGE
from tests.filters.judging import failures, scores_of


def test_scores_by_hand() -> None:
    text = "one two\none two\n\none two\n\none two"
    scores = scores_of(STAGE, text).to_pylist()[0]
    assert len(text) == 33
    assert scores["characters"] == 33
    assert scores["dup_para_frac"] == 1 / 3
    assert scores["dup_para_char_frac"] == 7 / 33
    assert scores["dup_line_frac"] == 3 / 4
    assert scores["dup_line_char_frac"] == 21 / 33
    assert scores["top_2_gram_frac"] == 4 * 7 / 33
    assert scores["top_3_gram_frac"] == 3 * 11 / 33
    assert scores["top_4_gram_frac"] == 3 * 15 / 33  # may exceed 1: n-grams overlap
    # Eight words: the 5-gram and the 6-gram at the third are those at the first, no 7-gram repeats.
    assert scores["dup_5_gram_frac"] == 15 / 33
    assert scores["dup_6_gram_frac"] == 18 / 33
    assert scores["dup_7_gram_frac"] == 0


def test_repeated_lines_are_dropped_by_the_first_rule() -> None:
    menu = "Home\nProducts\nAbout us\nContact\n" * 5
    found = failures(STAGE, menu)
    # 20 lines and the empty piece behind the last newline, 16 of them met before.
    assert next(iter(found)) == "max_dup_line_frac"
    assert found["max_dup_line_frac"] == 16 / 21
    assert found["max_dup_line_char_frac"] == 4 * 27 / len(menu)


def test_repeated_sentences_in_one_line_are_caught_by_ngrams() -> None:
    spam = "cheap watches for sale in all of our stores today " * 10
    found = failures(STAGE, spam)
    # Ten words repeat ten times; each time but the first is one repeated 10-gram of 40 letters.
    assert found["max_dup_10_gram_frac"] == 9 * 40 / len(spam)
    assert "max_dup_line_frac" not in found


def test_empty_texts_are_dropped() -> None:
    assert failures(STAGE, "") == {"min_characters": 0}


def test_a_text_of_two_words_is_its_own_commonest_bigram() -> None:
    assert failures(STAGE, "two words") == {"max_top_2_gram_frac": 1.0}
