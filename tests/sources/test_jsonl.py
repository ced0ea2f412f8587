from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest
import zstandard

from tests.sources.archives import Reading, read


def lines(tmp_path: Path, *rows: bytes, name: str = "x.jsonl") -> Reading:
    (tmp_path / name).write_bytes(b"\n".join(rows))
    return read("jsonl", tmp_path / name)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b'{"text": "cut', "not JSON"),
        (b'{"text": "\xff\xfe"}', "not JSON"),
        (b'{"text": "\\ud800"}', "not JSON"),
        (b"\0\0\0\0", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'["a"]', "a JSON list, not an object"),
        (b"7", "a JSON int, not an object"),
        (b"{}", "field 'text' is missing"),
        (b'{"text": null}', "field 'text' is NoneType, not a string"),
        (b'{"text": ["a"]}', "field 'text' is list, not a string"),
        (b'{"text": "a", "deep": ' + b"[" * 400 + b"]" * 400 + b"}", "cannot be kept as metadata"),
    ],
)
def test_a_bad_line_is_one_quarantine_row(tmp_path: Path, line: bytes, error: str) -> None:
    found = lines(tmp_path, b'{"text": "before"}', line, b'{"text": "after"}')
    assert found.bodies == [b"before", b"after"]
    assert [u.locator for u in found.unread] == ["x.jsonl#1"]
    assert error in found.errors[0]


def test_nul_bytes_blank_lines_and_line_ends(tmp_path: Path) -> None:
    found = lines(tmp_path, b'\xef\xbb\xbf{"text": "a\\u0000b"}\r', b"  ", b"", b'{"text": "c"}')
    assert (found.bodies, found.errors) == ([b"a\0b", b"c"], [])
    assert found.ids == ["x.jsonl#0", "x.jsonl#1"]


@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.jsonl.zst"])
def test_a_file_without_rows_is_quarantined(tmp_path: Path, name: str, content: bytes) -> None:
    pack = {"gz": gzip.compress, "zst": zstandard.compress}.get(name.rpartition(".")[2], bytes)
    (tmp_path / name).write_bytes(pack(content))
    assert read("jsonl", tmp_path / name).errors == ["empty file"]


def test_compression_is_known_by_content_not_name(tmp_path: Path) -> None:
    rows = [b'{"text": "%d"}\n' % n for n in range(4)]
    packed = {
        "gzip.jsonl": gzip.compress(b"".join(rows)),
        "members.jsonl.gz": b"".join(gzip.compress(r) for r in rows) + bytes(512),
        "plain.jsonl.gz": b"".join(rows),
        "frames.jsonl.zst": b"".join(zstandard.compress(r) for r in rows),
        "skippable.jsonl.zstd": b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab" + zstandard.compress(b"".join(rows)),
    }
    for name, data in packed.items():
        (tmp_path / name).write_bytes(data)
        assert read("jsonl", tmp_path / name).bodies == [b"0", b"1", b"2", b"3"], name


def test_a_long_text_in_escapes_is_within_the_cap(tmp_path: Path) -> None:
    text = "я" * 1_000_000
    (tmp_path / "x.jsonl").write_text('{"text": "' + "\\u044f" * 1_000_000 + '"}\n{"text": "b"}\n')
    assert read("jsonl", tmp_path / "x.jsonl", max_document_bytes=2_000_000).bodies == [text.encode(), b"b"]
    found = read("jsonl", tmp_path / "x.jsonl", max_document_bytes=1_999_999)
    assert (found.bodies, found.errors) == ([b"b"], ["2000000 bytes is over max_document_bytes 1999999"])


def test_identity_of_rows(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": "x"}, {"text": "a", "id": 7}, {"text": "a", "id": ""}, {"text": "a", "source_id": "y"}]
    assert lines(tmp_path, *map(orjson.dumps, rows)).ids == ["x", "7", "x.jsonl#2", "y"]
    (tmp_path / "x.jsonl").write_bytes(b'{"body": "t", "key": "k", "id": "no"}')
    found = read("jsonl", tmp_path / "x.jsonl", text_field="body", id_field="key")
    assert (found.bodies, found.ids, found.rows[0]["metadata"]) == ([b"t"], ["k"], [("id", "no")])
