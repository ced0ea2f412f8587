from __future__ import annotations

import base64
import gzip
import hashlib
import re
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard

from curation_lib.text.hashing import doc_id
from tests.sources.archives import DATE, Reading, http, page, read, record, warc

HELLO = b"<html>hello</html>"


def gz(data: bytes) -> bytes:
    """Gzipped without a clock in it: test names hold these bytes, and two workers must agree on them."""
    return gzip.compress(data, mtime=0)


def one(tmp_path: Path, *records: bytes) -> Reading:
    """What stands between two sound records is read alone: the neighbours must come through."""
    found = read("warc", warc(tmp_path / "x.warc.gz", page(1), *records, page(2)))
    assert found.rows[0]["url"] == "http://a.example/1"
    assert found.rows[-1]["url"] == "http://a.example/2"
    return Reading(found.rows[1:-1], found.skipped, found.unread)


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("", HELLO),
        ("Content-Encoding: gzip\r\n", gz(HELLO)),
        ("Content-Encoding: GZIP\r\n", gz(HELLO)),
        ("Content-Encoding: x-gzip\r\n", gz(HELLO)),
        ("Content-Encoding: gzip, gzip\r\n", gz(gz(HELLO))),
        ("Content-Encoding: gzip\r\n", gz(HELLO[:5]) + gz(HELLO[5:])),
        ("Content-Encoding: gzip\r\n", gz(HELLO) + b"padding"),
        ("Content-Encoding: deflate\r\n", zlib.compress(HELLO)),
        ("Content-Encoding: deflate\r\n", raw_deflate(HELLO)),
        ("Content-Encoding: br\r\n", brotli.compress(HELLO)),
        ("Content-Encoding: zstd\r\n", zstandard.compress(HELLO)),
        ("Content-Encoding: identity\r\n", HELLO),
        ("Transfer-Encoding: chunked\r\n", b"6;x=y\r\n<html>\r\nc\r\nhello</html>\r\n0\r\n\r\n"),
        (
            "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(gz(HELLO)), gz(HELLO)),
        ),
        # a crawler that stores bodies decoded leaves the headers as they were
        ("Content-Encoding: gzip\r\n", HELLO),
        ("Content-Encoding: zstd\r\n", HELLO),
        ("Transfer-Encoding: chunked\r\n", HELLO),
    ],
)
def test_codings_are_undone(tmp_path: Path, headers: str, body: bytes) -> None:
    found = one(tmp_path, record(http(body, headers)))
    assert (found.bodies, found.errors) == ([HELLO], [])


@pytest.mark.parametrize(
    ("block", "error"),
    [
        (
            http(gz(HELLO * 50)[:40], "Content-Encoding: gzip\r\n"),
            "Content-Encoding gzip: the body is cut off",
        ),
        (http(gz(HELLO)[:-8] + bytes(8), "Content-Encoding: gzip\r\n"), "incorrect data check"),
        (http(HELLO, "Content-Encoding: br\r\n"), "Content-Encoding br"),
        (http(HELLO, "Content-Encoding: deflate\r\n"), "Content-Encoding deflate"),
        (http(HELLO, "Content-Encoding: rot13\r\n"), "Content-Encoding 'rot13' is unknown"),
        (http(b"3\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), "Transfer-Encoding chunked"),
        (http(b"ff\r\nhello", "Transfer-Encoding: chunked\r\n"), "Transfer-Encoding chunked"),
        (http(b"ffffffffffffffff\r\nhello", "Transfer-Encoding: chunked\r\n"), "Transfer-Encoding chunked"),
        (http(HELLO, f"X: {'x' * 100_000}\r\n"), "HTTP header cannot be read"),
        (b"<html>no header</html>", "no HTTP header"),
        (b"\0" * 40, "no HTTP header"),
        (b"", "empty record"),
    ],
)
def test_a_record_that_cannot_be_read_is_one_quarantine_row(tmp_path: Path, block: bytes, error: str) -> None:
    found = one(tmp_path, record(block), record(b"GET /", kind="request"))
    assert len(found.errors) == 1
    assert error in found.errors[0]
    assert (found.rows, found.skipped) == ([], 1)


def test_what_a_capture_says(tmp_path: Path) -> None:
    block = http(HELLO, media='Text/HTML; Charset="Shift_JIS"', status="404 Not Found")
    [row] = one(tmp_path, record(block, "<http://b.example/>", extra="WARC-Truncated: length\r\n")).rows
    assert row["url"] == "http://b.example/"
    assert (row["media_type"], row["charset_hint"], row["format"]) == ("text/html", "Shift_JIS", "html")
    assert row["metadata"] == [("http_status", "404"), ("truncated", "length")]
    assert row["fetched_at"].isoformat() == "2020-01-02T03:04:05+00:00"


def test_headers_ended_by_line_feeds_alone(tmp_path: Path) -> None:
    [row] = one(tmp_path, record(http(HELLO).replace(b"\r\n", b"\n"))).rows
    assert (row["raw"], row["media_type"]) == (HELLO, "text/html")


def test_records_that_are_no_responses_are_skipped(tmp_path: Path) -> None:
    kinds = ("request", "revisit", "metadata", "warcinfo", "resource", "continuation", "nonsense")
    found = one(tmp_path, *(record(http(HELLO), kind=k) for k in kinds))
    assert (found.rows, found.unread, found.skipped) == ([], [], len(kinds))


def test_a_response_that_is_not_http_keeps_its_own_media_type(tmp_path: Path) -> None:
    [row] = one(tmp_path, record(b"20200102 93.184.216.34", "dns:a.example", content_type="text/dns")).rows
    assert (row["media_type"], row["raw"]) == ("text/dns", b"20200102 93.184.216.34")


def test_wet_records_are_text(tmp_path: Path) -> None:
    text = "prose, naïve".encode()
    [row] = one(tmp_path, record(text, kind="conversion", content_type="text/plain")).rows
    assert (row["raw"], row["media_type"], row["charset_hint"], row["format"]) == (text, "text/plain", "utf-8", "wet")


def test_a_block_shorter_than_its_header_says(tmp_path: Path) -> None:
    found = read("warc", warc(tmp_path / "x.warc", page(1), record(http(HELLO), length=999)))
    assert [row["url"] for row in found.rows] == ["http://a.example/1"]
    assert found.errors == ["truncated: 66 of 999 bytes; rest unread"]


def test_a_wrong_length_in_the_middle_costs_that_record_only(tmp_path: Path) -> None:
    records = [page(1), record(http(HELLO), length=10_000), *(page(n) for n in (2, 3))]
    found = read("warc", warc(tmp_path / "x.warc.gz", *records))
    assert [row["url"][-1] for row in found.rows] == ["1", "2", "3"]
    assert len(found.unread) == 1


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_garbage_between_records_is_one_region(tmp_path: Path, name: str) -> None:
    path = warc(tmp_path / name, page(1), b"\x89garbage \xff\xfe" * 20, page(2))
    found = read("warc", path)
    assert [row["url"][-1] for row in found.rows] == ["1", "2"]
    assert ["resumed at" in e for e in found.errors] == [True]


def test_members_damaged_one_after_the_other_each_cost_themselves(tmp_path: Path) -> None:
    members = [bytearray(gzip.compress(page(n), mtime=0)) for n in range(8)]
    for n in (2, 3, 6):
        members[n][-20] ^= 0xFF
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"".join(members))
    found = read("warc", path)
    assert [row["url"][-1] for row in found.rows] == ["0", "1", "4", "5", "7"]
    assert found.unread


def test_zstandard_and_one_gzip_member_for_all(tmp_path: Path) -> None:
    records = [page(n) for n in range(3)]
    (tmp_path / "a.warc.zst").write_bytes(b"".join(zstandard.compress(r) for r in records))
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(b"".join(records)))
    warc(tmp_path / "c.warc", *records)
    found = read("warc", tmp_path)
    assert found.ids[0:3] == found.ids[3:6] == found.ids[6:9]
    assert found.errors == []


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz", "x.arc", "x.arc.gz"])
def test_an_empty_file_is_quarantined(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert read("warc", tmp_path).errors == ["empty file"]


def test_a_file_that_is_no_archive_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(b"not a WARC at all\n" * 100)
    (tmp_path / "y.warc.gz").write_bytes(gzip.compress(b"nor this\n" * 100))
    found = read("warc", tmp_path)
    assert (found.rows, found.skipped) == ([], 0)
    assert [u.locator.partition("@")[0] for u in found.unread] == ["x.warc", "y.warc.gz"]


def test_identity_is_the_address_the_date_and_the_payload(tmp_path: Path) -> None:
    digest = "sha1:B2LTWWPUOYAH7UIPQ7ZUPQ4VMBSVC36A"
    given = record(http(HELLO), extra=f"WARC-Payload-Digest: {digest}\r\n")
    assert one(tmp_path, given).ids == [f"http://a.example/|{DATE}|{digest}"]
    computed = base64.b32encode(hashlib.sha1(HELLO).digest()).decode()
    for extra in ("", "WARC-Payload-Digest: sha1:\r\n", "WARC-Payload-Digest: what?\r\n"):
        assert one(tmp_path, record(http(HELLO), extra=extra)).ids == [f"http://a.example/|{DATE}|sha1:{computed}"]


def test_the_computed_digest_is_what_crawlers_write(data: Path, tmp_path: Path) -> None:
    with gzip.open(data / "warc" / "malformed" / "example.warc.gz") as f:
        given = f.read()
    (tmp_path / "given.warc").write_bytes(given)
    (tmp_path / "bare.warc").write_bytes(re.sub(rb"WARC-Payload-Digest: [^\r]*\r\n", b"", given))
    ids = read("warc", tmp_path / "given.warc").ids
    assert ids[0].endswith("|sha1:G7HRM7BGOKSKMSXZAHMUQTTV53QOFSMK")
    assert read("warc", tmp_path / "bare.warc").ids == ids


def test_recrawls_are_distinct_and_doc_id_knows_no_place(tmp_path: Path) -> None:
    later = page(1).replace(DATE.encode(), b"2021-01-02T03:04:05Z")
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here = read("warc", warc(tmp_path / "here" / "a.warc.gz", page(1), later))
    there = read("warc", warc(tmp_path / "there" / "b.warc", page(1)), warc(tmp_path / "there" / "c.warc", later))
    assert len(set(here.ids)) == 2
    assert [row["doc_id"] for row in here.rows] == [row["doc_id"] for row in there.rows]
    assert here.rows[0]["doc_id"] == doc_id("s", here.ids[0])


def test_batches_are_bounded_by_bytes_and_rows(tmp_path: Path) -> None:
    from curation_lib.sources.warc import STAGE, WarcConfig

    path = warc(tmp_path / "x.warc", *(page(n) for n in range(10)))
    for settings, rows in (({"batch_rows": 4}, [4, 4, 2]), ({"batch_bytes": 60}, [3, 3, 3, 1])):
        config = WarcConfig(source="s", paths=[str(path)], **settings)
        [shard] = STAGE.shards(config)
        assert [r.captures.num_rows for r in STAGE.read(shard, config) if r.captures is not None] == rows
