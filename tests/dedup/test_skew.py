"""Skew: one text 200,000 times, and 200,000 texts of one word or none, through the runner in bounded time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation_lib.core.contract import DOCUMENT
from curation_lib.runner.manifest import Entry, File, Manifest, total
from curation_lib.runner.parts import PartWriter
from curation_lib.runner.store import Store, canonical_json
from curation_lib.text.hashing import content_hashes, doc_ids
from tests.runner.corpora import prose

COPIES, SHARDS = 200_000, 4
EACH = COPIES // SHARDS
SECONDS = 60
BOUND_MB = COPIES * (80 * 14 + 300) / 1e6 + 130
"""What `dedup.minhash` says it holds for documents that all share every band, and 130 MB for a stretch of documents
with their shingles, a shard's books and the allocator's slack."""
WORDS = ["", "word", "a", " ", "…", *(f"word{n}" for n in range(995))]
SCRIPT = """
import json, sys, time

from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.single import run_stage

def peak():  # not ru_maxrss: a process begins with that of its parent
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024

def stage(name, folder, output):
    return run_stage(name, [folder], output, {}, LocalScheduler(1))[0][-1].counts

few, folder, output, name = sys.argv[1:]
stage(name, few, f"{output}-few")  # imports, first use of every library
before, start = peak(), time.monotonic()
counts = stage(name, folder, output)
print(json.dumps({**counts, "seconds": time.monotonic() - start, "peak": peak(), "added": peak() - before}))
"""


def dataset(folder: Path, texts: list[str], shards: int = SHARDS, each: int = EACH) -> Path:
    """A finished dataset: `each` documents a shard, `texts` over and over."""
    store = Store(str(folder))
    entries = []
    for shard in range(shards):
        ids = [f"{shard}-{n}" for n in range(each)]
        column = pa.array(np.resize(np.array(texts, object), each), pa.large_string())
        given = {
            "doc_id": doc_ids("skew", ids),
            "source_id": pa.array(ids),
            "text": column,
            "content_hash": content_hashes(column),
        }
        given |= {
            name: pa.repeat(value, each) for name, value in (("source", "skew"), ("license", "MIT"), ("format", "text"))
        }
        columns = [given.get(f.name, pa.nulls(each, f.type)) for f in DOCUMENT]
        name = f"part-{shard:05d}.parquet"
        with store.writing(name) as written, PartWriter(written, DOCUMENT) as part:
            part.write(pa.RecordBatch.from_arrays(columns, schema=DOCUMENT))
        counts = dict.fromkeys(("rows_in", "skipped", "created", "kept", "edited", "bytes_in", "bytes_kept"), 0)
        counts |= {"kept": each, "dropped": {}, "quarantined": {}}
        entries.append(Entry(str(shard), name, {"part": File(name, each, written.bytes, written.sha256)}, counts))
    manifest = Manifest("input", "f" * 32, "", [], [], entries, total([e.counts for e in entries]))
    (folder / "manifest.json").write_bytes(canonical_json(manifest.to_json()))
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("few") / "in", ["one text", "another"], 1, 4)


def run(name: str, few: Path, folder: Path, output: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(few), str(folder), str(output), name],
        capture_output=True, text=True, check=False, timeout=4 * SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def page_over_and_over(
    few: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[dict[str, Any], Path]]:
    """What a stage made of one page of 3 kB, and where."""
    folder = tmp_path_factory.mktemp("page")
    page = prose(1, 36)
    assert len(page) > 2500

    @cache
    def made(name: str) -> tuple[dict[str, Any], Path]:
        return run(name, few, dataset(folder / f"{name}-in", [page]), folder / name), folder / name

    return made


@pytest.mark.parametrize(("name", "rule"), [("dedup.exact", "duplicate_content"), ("dedup.minhash", "near_duplicate")])
def test_one_page_over_and_over(name: str, rule: str, page_over_and_over: Callable[[str], Any]) -> None:
    found, output = page_over_and_over(name)
    assert found["kept"] == 1
    assert found["dropped"] == {f"{name}.{rule}": COPIES - 1}
    assert found["seconds"] < SECONDS
    assert found["added"] < BOUND_MB
    edges = pa.concat_tables([pq.read_table(path) for path in sorted(output.glob("ledger/edges-*.parquet"))])
    assert edges.num_rows == COPIES - 1
    assert len(edges.column("twin").unique()) == 1


@pytest.mark.parametrize("name", ["dedup.exact", "dedup.minhash"])
def test_next_to_nothing_over_and_over(name: str, few: Path, tmp_path: Path) -> None:
    found = run(name, few, dataset(tmp_path / "in", WORDS), tmp_path / "out")
    wordless = COPIES // len(WORDS) * 3
    assert found["kept"] == (len(WORDS) - 1 if name == "dedup.exact" else len(WORDS) - 3 + wordless)
    assert found["seconds"] < SECONDS
    assert found["added"] < BOUND_MB


def test_memory_does_not_know_how_long_the_page_is(
    few: Path, tmp_path: Path, page_over_and_over: Callable[[str], Any]
) -> None:
    long, _ = page_over_and_over("dedup.minhash")
    short = run("dedup.minhash", few, dataset(tmp_path / "in", [prose(1, 4)]), tmp_path / "out")
    assert long["bytes_in"] > 8 * short["bytes_in"]
    assert long["peak"] < 1.15 * short["peak"]
