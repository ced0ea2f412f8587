from __future__ import annotations

import pytest
from pydantic import ValidationError

from curation_lib.filters.gopher_quality import STAGE
from tests.filters.judging import failures, scores_of


def test_scores_by_hand() -> None:
    scores = scores_of(STAGE, "- the cat... # and\n• 42 dogs, that be…").to_pylist()[0]
    # the cat and • 42 dogs that be: 8 words of 22 characters (• is in no list of punctuation);
    # with - ... # , … 13 words.
    assert scores == {
        "words": 8,
        "mean_word_length": 22 / 8,
        "hash_ratio": 1 / 13,
        "ellipsis_ratio": 2 / 13,
        "bullet_line_ratio": 1.0,
        "ellipsis_line_ratio": 0.5,
        "alphabetic_word_ratio": 6 / 13,
        "stop_words": 4,
    }


@pytest.mark.parametrize(
    ("text", "rule", "score"),
    [
        ("the and " * 24 + "word", "min_words", 49),
        ("the and " * 50_001, "max_words", 100_002),
        ("a " * 90 + "the and " * 5, "min_mean_word_length", 120 / 100),
        ("internationalisation " * 98 + "the and", "max_mean_word_length", (20 * 98 + 6) / 100),
        ("the house and " * 20 + "# " * 7, "max_hash_ratio", 7 / 67),
        ("the house and " * 20 + "... x " * 8, "max_ellipsis_ratio", 8 / 76),
        ("- the house and the garden\n" * 19 + "last line", "max_bullet_line_ratio", 19 / 20),
        (
            "the house and the garden that we…\n" * 4 + "and the house\n" * 9,
            "max_ellipsis_line_ratio",
            4 / 13,
        ),
        ("the house and 1 " * 20, "min_alphabetic_word_ratio", 0.75),
        ("das Haus und der Garten " * 20, "min_stop_words", 0),
        ("the house " * 40, "min_stop_words", 1),
    ],
)
def test_each_rule_drops_what_it_is_for(text: str, rule: str, score: float) -> None:
    found = failures(STAGE, text)
    assert found[rule] == score
    if rule == "max_ellipsis_line_ratio":
        assert list(found) == [rule]


def test_the_first_failure_comes_first() -> None:
    assert list(failures(STAGE, "# # #"))[:3] == ["min_words", "min_mean_word_length", "max_hash_ratio"]


def test_thresholds_themselves_pass() -> None:
    assert "min_words" not in failures(STAGE, "the and " * 25)
    assert "max_hash_ratio" not in failures(STAGE, "the house and " * 3 + "#")


def test_stop_words_of_another_language() -> None:
    german = "das Haus und der Garten mit einem Zaun " * 8
    assert list(failures(STAGE, german)) == ["min_stop_words"]
    assert failures(STAGE, german, stop_words=["und", "der", "das"]) == {}
    assert scores_of(STAGE, german, stop_words=["und", "der", "das"]).column("stop_words").to_pylist() == [3]
    with pytest.raises(ValidationError, match="not one"):
        STAGE.config(stop_words=["two words"])
    assert STAGE.config.role("stop_words") == "measure"
