from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.sources.archives import http, read

BODY = b"<html>hello</html>"
HEAD = (
    b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 75\n"
    b"1 0 Test\nURL IP-address Archive-date Content-type Archive-length\n          \n\n"
)


def entry(block: bytes, length: int | None = None, url: str = "http://a.example/") -> bytes:
    size = len(block) if length is None else length
    return f"{url} 1.2.3.4 20080430204833 text/html {size}\n".encode() + block + b"\n"


def written(path: Path, *entries: bytes) -> Path:
    pieces = [HEAD, *entries]
    path.write_bytes(b"".join(gzip.compress(p) if path.suffix == ".gz" else p for p in pieces))
    return path


@pytest.mark.parametrize("name", ["x.arc", "x.arc.gz"])
def test_what_a_capture_says(tmp_path: Path, name: str) -> None:
    coded = http(gzip.compress(BODY), "Content-Encoding: gzip\r\n", 'text/html; charset="latin1"')
    found = read("warc", written(tmp_path / name, entry(coded), entry(http(BODY), url="http://b.example/")))
    assert (found.bodies, found.skipped, found.errors) == ([BODY, BODY], 1, [])
    row = found.rows[0]
    assert (row["media_type"], row["charset_hint"], row["format"]) == ("text/html", "latin1", "html")
    assert row["fetched_at"].isoformat() == "2008-04-30T20:48:33+00:00"
    assert row["metadata"] == [("http_status", "200")]
    assert row["source_id"].startswith("http://a.example/|20080430204833|sha1:")


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (entry(http(BODY), length=99999999999), "no record length up to max_document_bytes"),
        (entry(http(gzip.compress(BODY)[:20], "Content-Encoding: gzip\r\n")), "the body is cut off"),
        (entry(http(BODY), length=5000), "truncated"),
    ],
)
def test_a_record_that_cannot_be_read_is_quarantined(tmp_path: Path, broken: bytes, error: str) -> None:
    found = read("warc", written(tmp_path / "x.arc", entry(http(BODY)), broken))
    assert (found.bodies, len(found.errors)) == ([BODY], 1)
    assert error in found.errors[0]


def test_one_crawl_as_arc_and_as_warc_gives_the_same_bodies(data: Path) -> None:
    arc, warc = (read("warc", data / "warc" / f"example.{kind}.gz") for kind in ("arc", "warc"))
    assert len(arc.rows) == 299
    bodies = {row["url"]: row["raw"] for row in warc.rows}
    same = sum(bodies.get(row["url"]) == row["raw"] for row in arc.rows)
    assert same >= 299 - 5
