from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.audit.differences import CONTEXT, LIMIT, differences

TEXTS = st.text(st.sampled_from("ab字語 \n<"), max_size=60)


def text(found: dict, *kinds: str) -> str:
    return "".join(part["text"] for part in found["parts"] if part["kind"] in kinds)


@given(TEXTS, TEXTS)
def test_the_parts_make_both_texts(kept: str, dropped: str) -> None:
    found = differences(kept, dropped)
    assert text(found, "same", "kept") == kept
    assert text(found, "same", "dropped") == dropped
    assert all(part["text"] for part in found["parts"])


@pytest.mark.parametrize(
    ("kept", "dropped", "parts"),
    [
        (
            "One small word.",
            "One large word.",
            [("same", "One "), ("kept", "small "), ("dropped", "large "), ("same", "word.")],
        ),
        ("東京都です", "東京です", [("same", "東京"), ("kept", "都"), ("same", "です")]),
        ("a  b", "a b", [("kept", "a  "), ("dropped", "a "), ("same", "b")]),
        ("", "", []),
        ("", "new", [("dropped", "new")]),
    ],
)
def test_differences_are_told_by_words(kept: str, dropped: str, parts: list[tuple[str, str]]) -> None:
    assert [(part["kind"], part["text"]) for part in differences(kept, dropped)["parts"]] == parts


def test_long_stretches_that_are_the_same_are_left_out() -> None:
    words = " ".join(f"w{n}" for n in range(300))
    found = differences(f"{words} here {words} end", f"{words} there {words} end")
    kinds = [part["kind"] for part in found["parts"]]
    assert kinds == ["skipped", "same", "kept", "dropped", "same", "skipped"]
    assert len(text(found, "same")) == 2 * CONTEXT
    assert [part["text"] for part in found["parts"] if part["kind"] == "skipped"] == [
        f"{len(words) + 1 - CONTEXT:,} characters",
        f"{len(words) + 4 - CONTEXT:,} characters",
    ]


def test_of_equal_texts_the_beginning_is_shown() -> None:
    found = differences("word " * 500, "word " * 500)
    assert found == {
        "parts": [{"kind": "same", "text": "word " * 16}, {"kind": "skipped", "text": "2,420 characters"}],
        "cut": False,
    }


def test_only_the_heads_of_long_texts_are_compared() -> None:
    found = differences("a b " * LIMIT, "a c " * LIMIT)
    assert found["cut"]
    assert sum(len(part["text"]) for part in found["parts"]) <= 2 * LIMIT
