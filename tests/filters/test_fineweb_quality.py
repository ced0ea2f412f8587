from __future__ import annotations

import pytest

from curation_lib.filters.fineweb_quality import STAGE
from tests.filters.judging import failures, scores_of

LONG = "this line has more than thirty characters"


def test_scores_by_hand() -> None:
    scores = scores_of(STAGE, "one two.\n\none two.\n" + LONG).to_pylist()[0]
    assert scores == {
        "lines": 3,
        "line_punct_ratio": 2 / 3,
        "short_line_ratio": 2 / 3,
        "char_dup_ratio": 8 / (8 + 8 + 41),
        "newline_ratio": 3 / 13,
    }


@pytest.mark.parametrize(
    ("text", "rule", "score"),
    [
        (" \n ", "min_lines", 0),
        ("\n".join(f"{i} {LONG}" for i in range(9)) + ".\n" + LONG, "min_line_punct_ratio", 0.1),
        (
            "\n".join(f"{i} is short." for i in range(7)) + f"\n{LONG}\n{LONG}s\n{LONG}r",
            "max_short_line_ratio",
            0.7,
        ),
        (f"{LONG}.\n{LONG}.", "max_char_dup_ratio", 0.5),
        (f"{LONG}.\n\n\n{LONG}!", "max_newline_ratio", 3 / 16),
        ("A!\nB!\nC!", "max_newline_ratio", 2 / 6),
    ],
)
def test_each_rule_drops_what_it_is_for(text: str, rule: str, score: float) -> None:
    limit = {"max_newline_ratio": 0.18} if score == 3 / 16 else {}
    assert failures(STAGE, text, **limit)[rule] == score


def test_texts_without_any_terminal_can_be_spared() -> None:
    text = "\n".join(f"{i} {LONG}" for i in range(5))
    assert failures(STAGE, text) == {"min_line_punct_ratio": 0.0}
    assert failures(STAGE, text, line_punct_exclude_zero=True) == {}
    assert failures(STAGE, text + "\n" + LONG * 2 + ".", line_punct_exclude_zero=True, min_line_punct_ratio=0.5)


def test_what_is_short_is_measured() -> None:
    text = f"{LONG}.\n{LONG}!"
    assert scores_of(STAGE, text, short_line_length=42).column("short_line_ratio").to_pylist() == [1.0]
    assert scores_of(STAGE, text, short_line_length=41).column("short_line_ratio").to_pylist() == [0.0]
    assert STAGE.config.role("short_line_length") == "measure"
