"""Law 5: memory for text is bounded by the shard, never by the corpus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
