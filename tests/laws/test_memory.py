"""Law 5: memory for text is bounded by the shard, never by the corpus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import prose, simple

SHARD_MB = 30
BOUND_MB = 220
"""What reading a shard of SHARD_MB may add to the memory of a process that has all imported: a few batches of
16 MB as capture, text and Arrow, the part's row group of 4,096 documents, and the allocator's slack."""
GROWTH_MB = 40
"""What twice the files may add: noise of the allocator."""
SCRIPT = """
import json, re, sys
from pathlib import Path
from curation_lib.runner.store import Store
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.session import Session
from curation_lib.runner.steps import run_step
from curation_lib.runner.plan import plan
from curation_lib.core.recipe import parse_recipe

def peak():  # not ru_maxrss: a process begins with that of its parent
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

recipe, small, store = (json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3])
step = lambda data: plan(parse_recipe(data))[0]
session = Session(Store(store), LocalScheduler(1))
run_step(step(small), [], session)  # imports, first use of every library
before = peak()
result = run_step(step(recipe), [], session)
print(json.dumps({"peak": peak(), "added": peak() - before, "kept": result.counts["kept"], "bytes": result.counts["bytes_kept"]}))
"""


PART_BYTES = 4 * 2**20
EXPORT_MB = 250
"""What shuffling and exporting a file of any size may add, in parts of PART_BYTES: a run of four parts, twice, while it
is scattered; three row groups of 4,096 documents of 2 kB; a part and its ids; and the allocators' slack, which is most."""
EXPORT_GROWTH_MB = 90
"""What a file larger by five times SHARD_MB may add: far less than those 150 MB, which it would hold twice."""
EXPORT = """
import json, re, sys
from pathlib import Path
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.exported_files import Asked, export_files

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

large, small, tokenizer, part_bytes = sys.argv[1:]
asked = Asked(["megatron"], tokenizer, "best_fit", 4096, part_bytes=int(part_bytes))
export_files([small], small + ".out", asked, LocalScheduler(1))
before = peak()
done = export_files([large], large + ".out", asked, LocalScheduler(1))
counts = done.manifest.counts
print(json.dumps({"peak": peak(), "added": peak() - before, "bytes": counts["bytes_kept"], "parts": len(done.manifest.shards)}))
"""


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One JSONL file of SHARD_MB of text, in documents of some 20 kB."""
    path = tmp_path_factory.mktemp("memory") / "shard.jsonl"
    text = prose(1, 280)
    with path.open("w") as file:
        for n in range(SHARD_MB * 1_000_000 // len(text)):
            file.write(json.dumps({"text": f"{n} {text}"}) + "\n")
    return path


def ingest(shard: Path, files: int, folder: Path) -> dict[str, float]:
    (folder / "inputs").mkdir(parents=True)
    (folder / "small").mkdir()
    for n in range(files):
        os.link(shard, folder / "inputs" / f"{n}.jsonl")
    (folder / "small" / "s.jsonl").write_text('{"text": "A short text."}\n')
    recipes = [json.dumps(simple(folder / name)) for name in ("inputs", "small")]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *recipes, str(folder / "store")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, float] = json.loads(run.stdout)
    assert found["bytes"] > files * SHARD_MB * 0.95e6
    return found


def test_ingest_holds_a_shard_not_the_corpus(shard: Path, tmp_path: Path) -> None:
    two, four = (ingest(shard, files, tmp_path / str(files)) for files in (2, 4))
    assert two["added"] < BOUND_MB, two
    assert four["added"] < BOUND_MB, four
    assert four["peak"] < two["peak"] + GROWTH_MB, (two, four)


def export(times: int, folder: Path) -> dict[str, float]:
    """Shuffle and export one file of so many times SHARD_MB of text, in documents of some 2 kB."""
    folder.mkdir()
    large, small = folder / "large.jsonl", folder / "small.jsonl"
    text = prose(1, 28)
    with large.open("w") as file:
        for n in range(times * SHARD_MB * 1_000_000 // len(text)):
            file.write(json.dumps({"text": f"{n} {text}"}) + "\n")
    small.write_text('{"text": "A short text."}\n')
    told = [sys.executable, "-c", EXPORT, large, small, write_tokenizer(folder / "tokenizer.json"), PART_BYTES]
    run = subprocess.run(list(map(str, told)), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: dict[str, float] = json.loads(run.stdout)
    assert found["parts"] > times * SHARD_MB * 0.9e6 / PART_BYTES
    return found


def test_an_export_holds_a_part_not_a_file(tmp_path: Path) -> None:
    one, six = (export(times, tmp_path / str(times)) for times in (1, 6))
    assert six["added"] < EXPORT_MB, six
    assert six["peak"] < one["peak"] + EXPORT_GROWTH_MB, (one, six)
