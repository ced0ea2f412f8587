"""Law 4 for exports: killed while it shuffles and while it writes, an export goes on where it was and ends in the same
bytes; nothing that was committed is made again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from curation_lib.runner.exported_files import WORK
from curation_lib.runner.store import Store
from tests.export.small_tokenizer import write_tokenizer
from tests.faults.test_local_kill import readable
from tests.runner.corpora import rows, tree, write_jsonl

FILES, SLICES = 4, 24
EXEMPT = ("run.json",)


def command(inputs: Path, output: Path, workers: int) -> list[str]:
    told = ["export", "write", "--input", inputs / "in", "--output", output, "--workers", workers, "--json"]
    told += ["--format", "megatron", "--format", "mds", "--tokenizer", inputs / "tokenizer.json"]
    told += ["--packing", "best_fit", "--sequence-length", 128, "--part-bytes", part_bytes(inputs)]
    return [sys.executable, "-c", "from curation_lib.cli import main; main()", *map(str, told)]


def part_bytes(inputs: Path) -> int:
    lines = [json.loads(line) for path in (inputs / "in").iterdir() for line in path.read_text().splitlines()]
    return -(-sum(len(line["text"].encode()) for line in lines) // SLICES)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    for n in range(FILES):
        write_jsonl(folder / "in" / f"{n}.jsonl", rows(n * 100, 100))
    write_tokenizer(folder / "tokenizer.json")
    return folder


@pytest.fixture(scope="module")
def undisturbed(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an export leaves that nobody kills, by one worker."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    subprocess.run(command(inputs, output, 1), check=True, capture_output=True)
    return tree(output, *EXEMPT)


def committed(work: Path) -> dict[str, dict[str, Any]]:
    """Commit records by path. A record that is there is whole."""
    return {path.as_posix(): json.loads(path.read_bytes()) for path in work.glob("shards/*/*.json")}


def kinds(records: dict[str, dict[str, Any]]) -> Counter[str]:
    """How many records are of reading and gathering, of scattering, of writing."""
    return Counter(record["directory"].partition("/")[0] for record in records.values())


def killed(told: list[str], work: Path, count: int) -> dict[str, dict[str, Any]]:
    """Run until so many records stand, then kill it with its workers' parent; the records then."""
    process = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + 180
    while len(list(work.glob("shards/*/*.json"))) < count:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, "no progress"
        time.sleep(0.002)
    process.kill()
    process.communicate()
    return committed(work)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_while_it_shuffles_and_while_it_writes(
    workers: int, inputs: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    output, work = tmp_path / "out", tmp_path / f"out{WORK}"
    told = command(inputs, output, workers)
    reading = FILES
    seen: dict[str, dict[str, Any]] = {}
    written: dict[str, int] = {}
    for count in (reading + 2, reading + FILES + 5, reading + FILES + SLICES + 7):
        found = killed(told, work, max(count, len(seen) + 1))
        assert seen.items() <= found.items()
        assert not output.exists()
        readable(Store(str(work)))
        for path, when in written.items():
            assert Path(path).stat().st_mtime_ns == when, f"{path} was written again"
        seen = found
        written = {path: Path(path).stat().st_mtime_ns for path in files(work, seen)}
    assert 0 < kinds(seen)["exports"] < SLICES
    done = subprocess.run(told, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout.splitlines()[-1])["counts"]["kept"] == 100 * FILES
    assert tree(output, *EXEMPT) == undisturbed
    assert not work.exists()


def files(work: Path, records: dict[str, dict[str, Any]]) -> list[str]:
    """The files that records name."""
    found = [
        str(work / record["directory"] / file["path"])
        for record in records.values()
        for file in record["files"].values()
    ]
    return sorted(found)
