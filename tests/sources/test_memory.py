"""Huge documents and decompression bombs: quarantined, in memory that does not grow with them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from curation_lib.sources.parquet import STAGE, ParquetConfig
from tests.sources.archives import deflated_zeros, http, page, read, record, warc

SCRIPT = """
import json, re, sys
import pyarrow, pyarrow.parquet
from tests.sources.archives import read
def peak():  # not ru_maxrss: a process begins with that of its parent
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10
sound, *paths = sys.argv[1:]
for kind in ("warc", "jsonl"):
    read(kind, sound)
before, found = peak(), []
for path in paths:
    reading = read("warc" if ".warc" in path else "jsonl", path, max_document_bytes=4 << 20)
    found.append([len(reading.rows), reading.errors, peak() - before])
print(json.dumps(found))
"""
ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 256


def endless_warc(folder: Path) -> Path:
    sound = record(http(b"x"), length=200 << 20)
    path = folder / "x.warc"
    path.write_bytes(page(1) + sound[:-4])
    with path.open("r+b") as f:
        f.truncate(len(page(1)) + len(sound) - 5 + (200 << 20) - len(http(b"x")) + 1)
        f.seek(0, 2)
        f.write(b"\r\n\r\n" + page(2))
    return path


def endless_member(folder: Path) -> Path:
    head = record(http(b""), length=MEGABYTES << 20)[: -4 - len(http(b""))]
    members = [gzip.compress(page(1)), deflated_zeros(MEGABYTES, head), gzip.compress(page(2))]
    (folder / "x.warc.gz").write_bytes(b"".join(members))
    return folder / "x.warc.gz"


def coded_body(folder: Path) -> Path:
    bomb = http(deflated_zeros(MEGABYTES), "Content-Encoding: gzip\r\n")
    return warc(folder / "x.warc.gz", page(1), record(bomb), page(2))


def twice_coded_body(folder: Path) -> Path:
    bomb = http(gzip.compress(deflated_zeros(MEGABYTES)), "Content-Encoding: gzip, gzip\r\n")
    return warc(folder / "x.warc.gz", page(1), record(bomb), page(2))


def zstandard_body(folder: Path) -> Path:
    engine = zstandard.ZstdCompressor().compressobj()
    body = b"".join([*(engine.compress(bytes(1 << 20)) for _ in range(MEGABYTES)), engine.flush()])
    return warc(folder / "x.warc.gz", page(1), record(http(body, "Content-Encoding: zstd\r\n")), page(2))


def endless_line(folder: Path) -> Path:
    path = folder / "x.jsonl"
    with path.open("wb") as f:
        f.write(b'{"text": "a"}\n{"text": "')
        f.truncate(200 << 20)
        f.seek(0, 2)
        f.write(b'"}\n{"text": "b"}\n')
    return path


def endless_gzip_line(folder: Path) -> Path:
    (folder / "x.jsonl.gz").write_bytes(
        gzip.compress(b'{"text": "a"}\n') + deflated_zeros(200) + gzip.compress(b'\n{"text": "b"}\n')
    )
    return folder / "x.jsonl.gz"


def parquet_of_large_rows(folder: Path) -> Path:
    texts = ["a", *(f"{n}" * (1 << 20) for n in range(10, 40)), "y" * (5 << 20), "b"]
    table = pa.table({"text": pa.array(texts, pa.large_string())})
    pq.write_table(table, folder / "x.parquet", use_dictionary=False)
    return folder / "x.parquet"


CASES: list[tuple[Callable[[Path], Path], str]] = [
    (endless_warc, "record of 209715200 bytes is over max_document_bytes"),
    (endless_member, "is over max_document_bytes"),
    (coded_body, "body decodes to over max_document_bytes"),
    (twice_coded_body, "body decodes to over max_document_bytes"),
    (zstandard_body, "body decodes to over max_document_bytes"),
    (endless_line, "line is over max_document_bytes"),
    (endless_gzip_line, "line is over max_document_bytes"),
]


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Each is one quarantine row between two sound rows; the peak of all stays far below any of them."""
    (tmp_path / "sound").mkdir()
    warc(tmp_path / "sound" / "s.warc", page(1))
    (tmp_path / "sound" / "s.jsonl").write_bytes(b'{"text": "a"}\n')
    paths = []
    for make, _ in CASES:
        (tmp_path / make.__name__).mkdir()
        paths.append(str(make(tmp_path / make.__name__)))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "sound"), *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for (make, error), (rows, errors, grown) in zip(CASES, json.loads(done.stdout), strict=True):
        assert (rows, len(errors)) == (2, 1), make.__name__
        assert error in errors[0]
        assert grown < 100, f"{make.__name__}: {grown} MiB"


def test_a_file_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation_lib.core.compressed.NEVER_A_BOMB", 8 << 20)
    zeros = zstandard.ZstdCompressor().compress(bytes(64 << 20))
    for name, bomb in (("a.jsonl.gz", deflated_zeros(64)), ("b.jsonl.zst", zeros)):
        lines = b'{"text": "a"}\n' * 5
        good = gzip.compress(lines) if name.endswith("gz") else zstandard.compress(lines)
        (tmp_path / name).write_bytes(good + bomb)
        found = read("jsonl", tmp_path / name, max_expansion=2)
        assert len(found.rows) == 5
        assert [e.startswith("EOFError: decompression bomb") for e in found.errors] == [True]


def test_parquet_is_read_by_bytes_not_rows(tmp_path: Path) -> None:
    config = ParquetConfig(
        source="s",
        paths=[str(parquet_of_large_rows(tmp_path))],
        max_document_bytes=4 << 20,
        batch_bytes=8 << 20,
    )
    [shard] = STAGE.shards(config)
    parts = list(STAGE.read(shard, config))
    sizes = [p.captures.get_total_buffer_size() for p in parts if p.captures is not None]
    assert sum(p.captures.num_rows for p in parts if p.captures is not None) == 32
    assert max(sizes) < 2 * config.batch_bytes
    assert len(sizes) > 5
    assert [u.locator for p in parts for u in p.unread] == ["x.parquet#31"]
