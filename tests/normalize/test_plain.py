from __future__ import annotations

from curation_lib.normalize.plain import STAGE
from tests.normalize.rows import captures, run, texts


def test_clean_up_and_empty_rows() -> None:
    result = run(STAGE, captures(b"a\r\nb \n", b" \n", "e\u0301".encode()))
    assert texts(result) == ["a\nb", "é"]
    assert [(d.row, d.rule, d.score, d.threshold) for d in result.drops] == [(1, "empty", 0.0, 1.0)]


def test_as_it_stands() -> None:
    raws = (b"a\r\nb \n", b"", b"\x00")
    assert [t.encode() for t in texts(run(STAGE, captures(*raws), clean=False))] == list(raws)


def test_what_is_no_utf8_is_quarantined() -> None:
    for clean in (True, False):
        result = run(STAGE, captures(b"ok", b"\xff\xfe"), clean=clean)
        assert texts(result) == ["ok"]
        assert [(b.row, b.error.startswith("invalid UTF-8")) for b in result.bad] == [(1, True)]


def test_a_row_keeps_the_language_it_came_with_unless_asked() -> None:
    result = run(STAGE, captures(b"hello", language="xx"))
    assert result.kept.column("language").to_pylist() == ["xx"]
    assert result.kept.column("language_score").to_pylist() == [None]


def test_an_empty_batch_is_legal() -> None:
    assert run(STAGE, captures(b"x").slice(0, 0)).kept.num_rows == 0
