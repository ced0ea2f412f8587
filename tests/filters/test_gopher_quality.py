from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from curation_lib.core.stage import Context
from curation_lib.filters.gopher_quality import STAGE
from tests.filters.judging import documents, failures, scores_of, scores_of_batch


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
    for wrong, named in (
        (["two words"], "not one"),
        ({"de": ["der", "-"]}, "not one"),
        ([], "no word"),
        ({"de": []}, "no word"),
    ):
        with pytest.raises(ValidationError, match=named):
            STAGE.config(stop_words=wrong)
    assert STAGE.config.role("stop_words") == "measure"


GERMAN, ENGLISH = "das Haus und der Garten mit einem Zaun " * 8, "the house and the garden with a fence " * 8
LISTS = {"de": ["und", "der", "mit"], "en": ["the", "and"]}


def stop_words_of(languages: list[str | None], *texts: str, **settings: Any) -> list[int | None]:
    found = scores_of_batch(STAGE, documents(*texts, language=languages), **settings).column("stop_words")
    return found.to_pylist()


def test_each_document_is_held_against_its_languages_list() -> None:
    languages = ["de", "en", "de-AT", "de_CH", "fr", None, "en"]
    texts = (GERMAN, GERMAN, GERMAN, ENGLISH, GERMAN, ENGLISH, ENGLISH)
    assert stop_words_of(languages, *texts, stop_words=LISTS) == [3, 0, 3, 0, None, None, 2]
    assert stop_words_of(languages, *texts, stop_words=["und", "the"]) == [1, 1, 1, 1, 1, 1, 1]
    assert stop_words_of(languages, *texts, stop_words={**LISTS, "unknown": ["fence"]})[-2:] == [1, 2]


def test_by_default_english_and_the_unidentified_are_held_against_gophers_words() -> None:
    assert stop_words_of(["en", None, "de", "en-GB"], ENGLISH, ENGLISH, ENGLISH, ENGLISH) == [3, 3, None, 3]


def test_a_language_without_a_list_may_pass() -> None:
    batch = documents(GERMAN, ENGLISH, GERMAN, language=["fr", "en", "en"])
    for policy, failed in (("stop", [None, False, True]), ("pass", [False, False, True])):
        config = STAGE.config(without_list=policy)
        rules = STAGE.keep(scores_of_batch(STAGE, batch), config, Context())
        (rule,) = (r for r in rules if r.name == "min_stop_words")
        assert rule.failed.to_pylist() == failed
        assert all(r.failed.null_count == 0 for r in rules if r is not rule)
