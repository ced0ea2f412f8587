from __future__ import annotations

import pyarrow as pa
import pytest

from curation_lib.text.statistics import text_statistics


def counts(text: str, *names: str) -> list[int]:
    rows = text_statistics(pa.record_batch({"text": pa.array([text], pa.large_string())}), repeats=True).rows
    return [int(rows[name][0]) for name in names]


@pytest.mark.parametrize(
    ("text", "pieces", "repeats", "characters"),
    [
        ("a\na\nb", 3, 1, 1),
        ("\na\n", 3, 1, 0),  # the empty pieces at both ends are alike
        ("\n\n", 2, 1, 0),
        ("ab \n\n\nab\nab ", 3, 1, 3),
    ],
)
def test_repeated_lines(text: str, pieces: int, repeats: int, characters: int) -> None:
    found = counts(text, "line_pieces", "repeated_lines", "repeated_line_characters")
    assert found == [pieces, repeats, characters]


def test_repeated_paragraphs() -> None:
    text = "  one\ntwo\n\nthree\n\n\none\ntwo\n\n"
    names = ("paragraphs", "repeated_paragraphs", "repeated_paragraph_characters")
    assert counts(text, *names) == [3, 1, 7]


def test_bullets_and_ellipses() -> None:
    text = "• one\n  - two...\nthree… \r\nfour. ..\n\u2028- \x85…"
    assert counts(text, "lines", "bullet_lines", "ellipsis_lines") == [7, 3, 3]


def test_terminals_of_many_scripts_end_lines() -> None:
    text = "Ende.\n終わり。\nक्या?\nनहीं।\nno end\nspace. \nquote.”\n   \n"
    assert counts(text, "filled_lines", "terminated_lines", "short_lines") == [7, 4, 7]


def test_short_is_up_to_thirty_characters() -> None:
    assert counts("é" * 30 + "\n" + "é" * 31, "short_lines") == [1]


@pytest.mark.parametrize(("text", "times"), [("x LOREM IPSUM", 1), ("lorem  ipsum", 0), ("m lorem ipsu", 0)])
def test_lorem_ipsum(text: str, times: int) -> None:
    assert counts(text, "lorem_ipsum") == [times]
