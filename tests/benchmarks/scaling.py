"""Time and memory of near-dedup from 100 MB to 1 GB of text: `python -m tests.benchmarks.scaling`.

Predicted: time grows in line with the text beyond a fixed start; memory for text is bounded by the shard, the decision
holds what its module docstring says. Results go to results/scaling.json.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import RESULTS

SIZES = (100, 400, 1000)


def run(sizes: tuple[int, ...] = SIZES, runs: int = 3) -> dict[str, Any]:
    """Medians of `runs`, by megabytes of text."""
    found = {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="winnow-scaling-"))
        try:
            text = corpus.grown(folder / "corpus", size) / "jsonl_gz"
            winnow = str(Path(sys.executable).with_name("winnow"))
            command = [winnow, "stage", "dedup.minhash", "--input", str(text), "--output", str(folder / "out")]
            found[str(size)] = alternated({f"{size} MB": [*command, "--workers", "2"]}, runs)[f"{size} MB"]
        finally:
            shutil.rmtree(folder)
    return found


def main() -> None:
    found = run()
    (RESULTS / "scaling.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
