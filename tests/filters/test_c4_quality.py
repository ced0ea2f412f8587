from __future__ import annotations

from curation_lib.filters.c4_quality import STAGE
from tests.filters.judging import PROSE, failures, scores_of


def test_scores_by_hand() -> None:
    scores = scores_of(STAGE, 'One. Two! {Three}?\nNo end\nv3.14 at example.org... "Yes." So').to_pylist()[0]
    assert scores == {"lorem_ipsum": 0, "curly_brackets": 1, "sentences": 6}


def test_placeholder_and_code() -> None:
    assert failures(STAGE, PROSE + " Lorem Ipsum.") == {"max_lorem_ipsum": 1}
    assert failures(STAGE, PROSE + " {x}") == {"max_curly_brackets": 1}
    assert failures(STAGE, PROSE + " {x}", max_curly_brackets=1) == {}


def test_too_few_sentences() -> None:
    assert failures(STAGE, "One. Two. Three. Four.") == {"min_sentences": 4}
    assert failures(STAGE, "One. Two. Three. Four. Five") == {}
