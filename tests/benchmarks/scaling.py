"""Time and memory from 100 MB to 1 GB of text: `python -m tests.benchmarks.scaling [dedup] [export] [--runs 3]`.

Near-dedup: time grows in line with the text beyond a fixed start; memory for text is bounded by the shard, the decision
holds what its module docstring says. Shuffle, tokenise and pack (GPT-2's tokenizer.json, best fit): memory is bounded by
a part of the output and the tokenizer's memo. Results go to results/scaling.json and results/scaling_export.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.commands import Command, fresh, ours
from tests.benchmarks.corpus import DATA
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import RESULTS
from tests.text.tokenizers.tokenizer_files import gpt2_file

SIZES = (100, 400, 1000)
PART_BYTES = 2**25
"""So small that parts are alike: 3, 12 and 30 of them."""


def dedup(folder: Path) -> Command:
    return ours("dedup.minhash", folder / "corpus", str(folder / "out"))


def export(folder: Path) -> Command:
    winnow = [sys.executable, "-m", "curation_lib.cli", "export", "write", "--input", f"{folder}/corpus/jsonl_gz"]
    tokenizer = gpt2_file(DATA / "models" / "tokenizers" / "r50k_base.tiktoken", folder)
    told = ["--format", "megatron", "--tokenizer", tokenizer, "--part-bytes", str(PART_BYTES), "--workers", "2"]
    packed = ["--packing", "best_fit", "--sequence-length", "4096", "--output", str(folder / "out")]
    return fresh(str(folder / "out"), [*winnow, *told, *packed])


COMMANDS: dict[str, tuple[Callable[[Path], Command], int, str]] = {
    "dedup": (dedup, 0, "scaling.json"),
    "export": (export, 1, "scaling_export.json"),
}
"""What is measured; the first copy of the text: ciphers make more tokens, so that an export's are all ciphered; results."""


def run(name: str, sizes: tuple[int, ...] = SIZES, runs: int = 3) -> dict[str, Any]:
    """Medians of `runs`, by megabytes of text."""
    found = {}
    command, first, _ = COMMANDS[name]
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="winnow-scaling-"))
        try:
            corpus.grown(folder / "corpus", size, first)
            found[str(size)] = alternated({f"{size} MB": command(folder)}, runs)[f"{size} MB"]
        finally:
            shutil.rmtree(folder)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    for name in told.names or COMMANDS:
        found = run(name, runs=told.runs)
        (RESULTS / COMMANDS[name][2]).write_text(json.dumps(found, indent=2) + "\n")
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
