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
limits = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


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


def packed(form: str, records: list[bytes]) -> list[bytes]:
    """What a file of this form is made of: members, frames or records, each of which is whole by itself."""
    return {
        "plain.warc": lambda: records,
        "each.warc.gz": lambda: [gzip.compress(r, mtime=0) for r in records],
        "pairs.warc.gz": lambda: [
            gzip.compress(records[n] + records[n + 1], mtime=0) for n in range(0, len(records), 2)
        ],
        "one.warc.gz": lambda: [gzip.compress(b"".join(records), mtime=0)],
        "each.warc.zst": lambda: [zstandard.compress(r) for r in records],
        "one.warc.zst": lambda: [zstandard.compress(b"".join(records))],
    }[form]()


FORMS = ("plain.warc", "each.warc.gz", "pairs.warc.gz", "one.warc.gz", "each.warc.zst", "one.warc.zst")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_says_so_in_one_row(tmp_path: Path, form: str) -> None:
    """Only a cut between members, and behind the text of a plain record, cannot be seen; it loses nothing read."""
    parts = packed(form, RECORDS[:4])
    data, ends = b"".join(parts), {sum(map(len, parts[:n])) for n in range(1, len(parts) + 1)}
    if form == "plain.warc":
        ends |= {end - newline for end in ends for newline in range(1, 5)}
    for cut in range(1, len(data)):
        found = read("warc", written(tmp_path, form, data[:cut]))
        assert sound(found) == list(range(len(found.rows)))
        assert (len(found.unread), found.skipped) == (0 if cut in ends else 1, 0), cut


@pytest.mark.parametrize("form", ["each.warc.gz", "pairs.warc.gz"])
def test_a_damaged_member_costs_its_own_records(tmp_path: Path, form: str) -> None:
    parts = packed(form, RECORDS)
    size = COUNT // len(parts)
    damaged = bytearray(parts[3])
    damaged[len(damaged) // 2] ^= 0xFF
    found = read("warc", written(tmp_path, form, b"".join([*parts[:3], bytes(damaged), *parts[4:]])))
    assert {*range(3 * size), *range(4 * size, COUNT)} <= set(sound(found))


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
