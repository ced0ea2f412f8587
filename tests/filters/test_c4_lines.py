from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.stage import Context, Result
from curation_lib.filters.c4_lines import RULES, STAGE
from tests.filters.judging import PROSE, documents
from tests.text import reference

TEXTS = st.one_of(
    reference.TEXTS,
    st.lists(
        st.sampled_from(
            ["Four words in here.", "[1]", "[edit]", "\n", "\r\n", "  ", "java", "script", "use cookies", "…"]
        )
    ).map("".join),
)


def run(batch: pa.RecordBatch, **settings: object) -> Result:
    return STAGE.fn(batch, STAGE.config(**settings), Context())


def removed(text: str, **settings: object) -> list[tuple[str, str]]:
    """(rule, text removed) of one document."""
    data = text.encode()
    return [(e.rule, data[e.start : e.end].decode()) for e in run(documents(text), **settings).edits]


def check_law(texts: list[str], result: Result) -> None:
    """Taking the edits out of the input gives the output, byte for byte."""
    pieces = [bytearray(text.encode()) for text in texts]
    for edit in reversed(result.edits):  # ordered by row and place
        assert edit.rule in RULES
        assert 0 <= edit.start < edit.end <= len(pieces[edit.row])
        del pieces[edit.row][edit.start : edit.end]
    kept = dict(zip(*(result.kept.column(n).to_pylist() for n in ("doc_id", "text")), strict=True))
    dropped = {drop.row for drop in result.drops}
    assert {str(i): p.decode() for i, p in enumerate(pieces) if i not in dropped} == kept
    assert not dropped & {edit.row for edit in result.edits}
    assert all(text and text == text.strip() for text in kept.values())


@settings(max_examples=200)
@given(st.lists(TEXTS, max_size=5), st.booleans(), st.sampled_from([None, 1, 3]))
def test_edits_taken_from_the_input_give_the_output(texts: list[str], punct: bool, words: int | None) -> None:
    check_law(texts, run(documents(*texts), filter_no_terminal_punct=punct, min_words_per_line=words))


def test_the_law_on_real_text_in_many_languages(data: Path) -> None:
    texts = reference.real_texts(data, 150)
    for punct in (True, False):
        result = run(documents(*texts), filter_no_terminal_punct=punct)
        check_law(texts, result)
        assert result.kept.num_rows > 20
        assert {"whitespace", "min_words_per_line"} <= {edit.rule for edit in result.edits}


@settings(max_examples=50)
@given(st.lists(TEXTS, max_size=5), st.integers(0, 5))
def test_a_batch_in_two_halves_ends_the_same(texts: list[str], cut: int) -> None:
    batch = documents(*texts)
    cut = min(cut, len(texts))
    whole, first, second = run(batch), run(batch.slice(0, cut)), run(batch.slice(cut))
    assert pa.Table.from_batches([first.kept, second.kept]).to_pylist() == whole.kept.to_pylist()
    shifted = [edit._replace(row=edit.row + cut) for edit in second.edits]
    assert [*first.edits, *shifted] == whole.edits


def test_each_line_goes_by_the_first_rule_it_fails() -> None:
    text = "\n".join(
        [
            "This line stays as it is.",
            "x" * 1001 + " is long.",
            "No mark at the end of javascript",
            "It trails off...",
            "Two words.",
            "Turn on JavaScript. Use cookies.",
            "Read our Privacy Policy first.",
            "The end stays too!",
        ]
    )
    lines = text.splitlines()
    assert removed(text) == [
        ("max_word_length", lines[1] + "\n"),
        ("no_terminal_punct", lines[2] + "\n"),
        ("no_terminal_punct", lines[3] + "\n"),
        ("min_words_per_line", lines[4] + "\n"),
        ("javascript", lines[5] + "\n"),
        ("policy", lines[6] + "\n"),
    ]


def test_citations_and_space_go_from_lines_that_stay() -> None:
    text = "  Peace came in 1648.[1]\t\n\nIt is long ago[edit], [ 2 ] as [x] all[٣] say.  "
    assert removed(text) == [
        ("whitespace", "  "),
        ("citations", "[1]"),
        ("whitespace", "\t"),
        ("whitespace", "\n"),
        ("citations", "[edit]"),
        ("citations", "[٣]"),
        ("whitespace", "  "),
    ]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"filter_no_terminal_punct": False}, "No mark at the end"),
        ({"min_words_per_line": None}, "Short."),
        ({"max_word_length": None}, "So very lo" + "o" * 2000 + "ng."),
        ({"filter_javascript": False}, "We like JavaScript here."),
        ({"filter_policy": False}, "These are the terms of use."),
        ({"remove_citations": False}, "A note [1] stays in."),
    ],
)
def test_every_rule_can_be_turned_off(setting: dict[str, object], line: str) -> None:
    assert removed(f"One more line here.\n{line}")
    assert removed(f"One more line here.\n{line}", **setting) == []


def test_a_text_without_a_line_left_is_dropped_and_says_why() -> None:
    result = run(documents("Menu\nHome\nTwo words!!!", "", PROSE))
    assert [(d.row, d.rule, d.score, d.threshold, d.also_failed) for d in result.drops] == [
        (0, "empty", 0.0, 1.0, ("min_words_per_line", "no_terminal_punct")),
        (1, "empty", 0.0, 1.0, ()),
    ]
    assert result.kept.column("text").to_pylist() == [PROSE]
    assert result.edits == []


def test_an_empty_batch() -> None:
    result = run(documents("x").slice(0, 0))
    assert (result.kept.num_rows, result.drops, result.edits) == (0, [], [])
    assert result.kept.schema == STAGE.produces
