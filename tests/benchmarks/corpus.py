"""The benchmarks' corpora: the labelled throughput set as peers read it, and as much text as one likes."""

from __future__ import annotations

import gzip
import json
import os
import random
import string
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

FILES = 8
DATA = Path(os.environ.get("WINNOW_TEST_DATA", "../shared/data"))


def labelled(folder: Path) -> Path:
    """`folder`/jsonl_gz and `folder`/parquet: 61,703 documents, 210 MB of text, every true pair known."""
    for number, rows in enumerate(_throughput()):
        _write(folder, number, rows)
    return folder


def grown(folder: Path, megabytes: int, first: int = 0) -> Path:
    """About that much text: copies of the throughput set under letter ciphers, so that no copy resembles another
    while lengths, word counts and duplicates within each stay those of real text. Copy 0 is the text itself."""
    number, written, copy = 0, 0, first
    while written < megabytes * 10**6:
        for rows in _throughput():
            if written >= megabytes * 10**6:
                break
            changed = [_ciphered(row, copy) for row in rows]
            _write(folder, number, changed)
            written += sum(len(row["text"].encode()) for row in changed)
            number += 1
        copy += 1
    return folder


def _throughput() -> Iterator[list[dict[str, str]]]:
    for path in sorted((DATA / "throughput").glob("docs-*.jsonl.zst")):
        data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        yield [orjson.loads(line) for line in data.splitlines()]


def _ciphered(row: dict[str, str], copy: int) -> dict[str, str]:
    letters = list(string.ascii_lowercase)
    random.Random(copy).shuffle(letters)
    cipher = str.maketrans(string.ascii_lowercase, "".join(letters) if copy else string.ascii_lowercase)
    return {**row, "id": f"{row['id']}-{copy}", "text": row["text"].translate(cipher)}


def _write(folder: Path, number: int, rows: list[dict[str, str]]) -> None:
    for kind in ("jsonl_gz", "parquet"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": row["id"], "text": row["text"]}, ensure_ascii=False) for row in rows]
    packed = gzip.compress("\n".join(lines).encode(), compresslevel=1, mtime=0)
    (folder / "jsonl_gz" / f"docs-{number:02}.jsonl.gz").write_bytes(packed)
    table = pa.table({"id": [row["id"] for row in rows], "text": pa.array([row["text"] for row in rows])})
    pq.write_table(table, folder / "parquet" / f"docs-{number:02}.parquet", compression="zstd")
