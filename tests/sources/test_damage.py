"""Bytes flipped or cut anywhere: no error escapes, what is given is sound, and later records are found again."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.archives import Reading, page, read

COUNT = 12
RECORDS = [page(n) for n in range(COUNT)]
ROWS = [orjson.dumps({"id": str(n), "text": f"row {n} " + chr(0x4E00 + n) * n, "n": n}) + b"\n" for n in range(400)]
limits = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], tuple[int, bytes]]:
    """A function from sound bytes to the place of the damage and the damaged bytes."""
    share = draw(st.floats(0, 1, exclude_max=True))
    kind = draw(st.sampled_from(["flip", "cut", "insert", "remove", "zero"]))
    value = draw(st.integers(1, 255))
    size = draw(st.integers(1, 40))

    def damage(data: bytes) -> tuple[int, bytes]:
        at = int(share * len(data))
        changed = {
            "flip": data[:at] + bytes([data[at] ^ value]) + data[at + 1 :],
            "cut": data[:at],
            "insert": data[:at] + bytes([value]) * size + data[at:],
            "remove": data[:at] + data[at + size :],
            "zero": data[:at] + bytes(len(data[at : at + size])) + data[at + size :],
        }
        return at, changed[kind]

    return damage


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def sound(found: Reading) -> list[int]:
    """Numbers of the pages whose address and body are as written."""
    pages = {(f"http://a.example/{n}", f"<html><p>page {n}</p></html>".encode()): n for n in range(COUNT)}
    return [pages[row["url"], row["raw"]] for row in found.rows if (row["url"], row["raw"]) in pages]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
@limits
@given(damage=damages())
def test_warc(tmp_path: Path, name: str, damage: Callable[[bytes], tuple[int, bytes]]) -> None:
    """All records before the damage are read, and all behind it: it costs two at most, one given in its stead."""
    members = [gzip.compress(r, mtime=0) if name.endswith("gz") else r for r in RECORDS]
    at, data = damage(b"".join(members))
    found = read("warc", written(tmp_path, name, data))
    hit = next(n for n in range(COUNT) if sum(map(len, members[: n + 1])) > at)
    numbers, cut = sound(found), len(data) == at
    assert [n for n in numbers if n < hit] == list(range(hit))
    assert len(numbers) >= (hit if cut else COUNT - 2)
    assert len(found.rows) - len(numbers) <= 1
    boundary = data == b"".join(members[:hit])
    if name.endswith("gz"):
        assert found.unread or len(numbers) == COUNT or boundary, "a loss without a quarantine row"


@pytest.mark.parametrize("more", [0, 1, 2, 10, 29])
def test_a_file_that_ends_within_a_gzip_member_says_so(tmp_path: Path, more: int) -> None:
    """The archive reader takes a member of a few bytes for the end of the file."""
    members = [gzip.compress(r, mtime=0) for r in RECORDS]
    whole = sum(map(len, members[:6]))
    found = read("warc", written(tmp_path, "x.warc.gz", b"".join(members)[: whole + more]))
    assert sound(found) == list(range(6))
    assert [u.error.split(";")[0] for u in found.unread] == (
        ["truncated: the file ends within a gzip member"] if more else []
    )


def parquet_bytes() -> bytes:
    sink = BytesIO()
    table = pa.table({"id": [str(n) for n in range(400)], "text": [f"row {n}" for n in range(400)]})
    pq.write_table(table, sink, row_group_size=50, write_page_checksum=True, compression="none", use_dictionary=False)
    return sink.getvalue()


def jsonl_bytes(name: str) -> bytes:
    data = b"".join(ROWS)
    if name.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    return zstandard.ZstdCompressor(write_checksum=True).compress(data) if name.endswith("zst") else data


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.jsonl.zst"])
@limits
@given(damage=damages())
def test_json_lines(tmp_path: Path, name: str, damage: Callable[[bytes], tuple[int, bytes]]) -> None:
    _, data = damage(jsonl_bytes(name))
    found = read("jsonl", written(tmp_path, name, data))
    if name == "x.jsonl":
        assert len(found.rows) + len(found.unread) >= data.count(b"\n")
    elif data != jsonl_bytes(name):
        assert found.unread or len(found.rows) == len(ROWS), "rows went missing without a word"


def test_json_lines_before_the_cut_are_read(tmp_path: Path) -> None:
    data = b"".join(orjson.dumps({"text": f"{n} {n * 7919 % 104729}"}) + b"\n" for n in range(20_000))
    for name, packed in (("x.jsonl.gz", gzip.compress(data, mtime=0)), ("x.jsonl.zst", zstandard.compress(data))):
        found = read("jsonl", written(tmp_path, name, packed[: len(packed) // 2]))
        assert len(found.rows) > 5_000
        assert found.errors == ["EOFError: the file is cut off; rest unread"]
        assert found.unread[0].locator == f"{name}#{len(found.rows)}"


@limits
@given(damages())
def test_parquet(tmp_path: Path, damage: Callable[[bytes], tuple[int, bytes]]) -> None:
    _, data = damage(parquet_bytes())
    found = read("parquet", written(tmp_path, "x.parquet", data))
    assert len(found.rows) == 400 or found.unread
    assert all(row["raw"].startswith(b"row ") for row in found.rows)


def test_parquet_damage_costs_one_row_group(tmp_path: Path) -> None:
    data = bytearray(parquet_bytes())
    data[data.index(b"row 175")] ^= 0xFF
    found = read("parquet", written(tmp_path, "x.parquet", bytes(data)))
    assert len(found.rows) == 350
    assert [u.locator for u in found.unread] == ["x.parquet#150"]
