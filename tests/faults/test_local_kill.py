"""Law 4: a local build that is killed at any moment loses nothing, and its rerun ends in the same bytes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from curation_lib.runner.store import Store
from tests.runner.corpora import build, simple, simple_inputs, tree

STAGES = [
    "dedup.minhash",
    "filters.c4_lines",
    {"filters.length": {"min_characters": 30}},
    {"filters.gopher_quality": {"min_stop_words": 0}},
]
FRACTIONS = (0.05, 0.4, 0.85)
"""Of all shard records: the build is killed when so many stand in the store."""
EXEMPT = ("run.json", "contracts/", "locks/")


def start(recipe: Path, store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from curation_lib.cli import main; main()", "build", str(recipe)]
    return subprocess.Popen(
        [*command, "--store", str(store), "--workers", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def records(store: Path) -> int:
    return len(list(store.glob("shards/*/*.json")))


def wait_for(process: subprocess.Popen[str], store: Path, count: int) -> None:
    end = time.monotonic() + 180
    while records(store) < count:
        assert process.poll() is None, f"ended with {records(store)} of {count} records: {process.communicate()[0]}"
        assert time.monotonic() < end, "no progress"
        time.sleep(0.002)


@pytest.mark.timeout(600)
def test_killed_again_and_again_and_ended_all_the_same(tmp_path: Path) -> None:
    plain = simple(simple_inputs(tmp_path / "inputs", files=6), stages=STAGES)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(plain))
    undisturbed, store = tmp_path / "undisturbed", tmp_path / "killed"
    build(plain, undisturbed)
    everything = records(undisturbed)
    seen = []
    for fraction in FRACTIONS:
        process = start(recipe, store)
        wait_for(process, store, max(1, int(everything * fraction)))
        process.kill()
        process.communicate()
        seen.append(records(store))
        readable(Store(str(store)))
    assert 0 < seen[0] < seen[-1] < everything, (seen, everything)
    output, _ = (process := start(recipe, store)).communicate(timeout=240)
    assert process.returncode == 0, output
    names = [n for n in tree(store, *EXEMPT) if not n.endswith(".unfinished")]
    wanted = tree(undisturbed, *EXEMPT)
    assert sorted(names) == sorted(wanted)
    found = tree(store, *EXEMPT)
    assert [name for name in names if found[name] != wanted[name]] == []
    assert Store(str(store)).list("locks") == []


def readable(store: Store) -> None:
    """Whatever a reader may see is whole: each record's and each manifest's files are there as it says."""
    for key in store.list("shards"):
        record = store.read_json(key)
        for file in record["files"].values():
            assert len(store.read(f"{record['directory']}/{file['path']}")) == file["bytes"], key
    for key in [k for k in store.list("datasets") if k.endswith("/manifest.json")]:
        for shard in store.read_json(key)["shards"]:
            for file in shard["files"].values():
                path = Path(store.path(f"{key.removesuffix('/manifest.json')}/{file['path']}"))
                assert path.stat().st_size == file["bytes"], path
