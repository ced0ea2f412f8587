from __future__ import annotations

import time

import pytest

from curation_lib.normalize.html import STAGE
from tests.normalize.rows import captures, run, texts

PROSE = "The committee met on Tuesday and agreed on the budget for the coming year, after a long debate. " * 3
PAGE = f"""<!DOCTYPE html><html><head><title>Minutes</title><style>p {{}}</style><script>alert(1)</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/login">Log in</a></li></ul></nav>
<main><article><h1>Minutes</h1><p>{PROSE}</p><ul><li>first item</li></ul><p>{PROSE}</p></article></main>
<footer>Copyright 2024. All rights reserved.</footer></body></html>"""


def test_main_text_without_what_stands_around_it() -> None:
    [text] = texts(run(STAGE, captures(PAGE.encode())))
    assert PROSE.strip() in text
    for gone in ("Log in", "alert", "All rights reserved", "p {}"):
        assert gone not in text
    [whole] = texts(run(STAGE, captures(PAGE.encode()), main_content=False))
    assert "Log in" in whole
    assert "• first item" in whole


@pytest.mark.parametrize(
    ("media", "body", "kept"),
    [
        ("text/html", PAGE, True),
        ("application/xhtml+xml", f'<?xml version="1.0"?>{PAGE}', True),
        ("", PAGE, True),
        ("", f"\ufeff<!-- first --> <html>{PAGE}", True),
        ("text/plain", "plain & simple <b>", True),
        ("application/pdf", "%PDF-1.4", False),
        ("image/png", "x", False),
        ("", "no sign of HTML", False),
        ("application/json", "{}", False),
    ],
)
def test_media_types(media: str, body: str, kept: bool) -> None:
    result = run(STAGE, captures(body.encode(), media_type=media))
    assert [d[1:4] for d in result.drops] == ([] if kept else [("media_type", 0.0, 1.0)])
    assert result.kept.num_rows == kept


def test_plain_text_is_not_parsed() -> None:
    assert texts(run(STAGE, captures(b"a <b> & c\r\n", media_type="text/plain"))) == ["a <b> & c"]


@pytest.mark.parametrize("status", ["404", "301", "teapot"])
def test_other_answers_than_200_are_dropped(status: str) -> None:
    [drop] = run(STAGE, captures(PAGE.encode(), metadata=[("http_status", status)])).drops
    assert (drop.rule, drop.score, drop.threshold, drop.evidence) == ("http_status", 0.0, 1.0, status)


def test_statuses_can_be_widened_and_may_be_missing() -> None:
    batch = captures(PAGE.encode(), metadata=[("http_status", "203")])
    assert run(STAGE, batch, statuses=[200, 203]).kept.num_rows == 1
    for metadata in (None, [], [("http_status", "")]):
        assert run(STAGE, captures(PAGE.encode(), metadata=metadata)).kept.num_rows == 1


def test_empty_pages_and_binary_pages() -> None:
    result = run(STAGE, captures(b"", b"<html></html>", bytes(200), PAGE.encode()))
    assert [(d.row, d.rule) for d in result.drops] == [(0, "empty"), (1, "empty")]
    assert [b.row for b in result.bad] == [2]
    assert "binary" in result.bad[0].error
    assert result.kept.column("source_id").to_pylist() == ["3"]


def test_a_deeply_nested_page_takes_no_more_than_seconds() -> None:
    started = time.process_time()
    for hostile in ("<div>" * 100_000, "<DIV><p>" * 50_000, "<div>x" * 50_000 + "</div>" * 50_000):
        run(STAGE, captures((hostile + "x").encode()))
    assert time.process_time() - started < 20


def test_a_page_of_many_tags_that_is_not_deep_keeps_its_main_content() -> None:
    rows = "<div><div>cell</div></div>" * 5000
    body = PAGE.replace("<article>", f"<article><div>{rows}</div>")
    [text] = texts(run(STAGE, captures(body.encode())))
    assert "Log in" not in text


def test_language_and_hash_stand_beside_the_text(language_model: str) -> None:
    batch = captures(PAGE.encode(), b"<html><p>1 2 3</p></html>")
    settings = {"identify_language": True, "language_model": language_model, "main_content": False}
    result = run(STAGE, batch, **settings)
    assert result.kept.column("language").to_pylist() == ["en", None]
    assert [len(h) for h in result.kept.column("content_hash").to_pylist()] == [32, 32]
    halves = [run(STAGE, batch.slice(n, 1), **settings).kept for n in (0, 1)]
    assert result.kept.to_pylist() == [row for half in halves for row in half.to_pylist()]
