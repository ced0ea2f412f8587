"""MB of text per second of one core that `filters.decontaminate` reads: `python -m tests.benchmarks.decontamination`.

The English texts against GSM8K, by words and by characters; writes `results/decontamination.json`. The kernel alone
stands beside the whole of `measure`, which also makes the columns of scores.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import zstandard

from curation_lib.core.stage import Context
from curation_lib.filters.decontaminate import STAGE, DecontaminateConfig, load
from curation_lib.runner.parts import BATCH_ROWS
from curation_lib.text.overlap import ngram_matches
from tests.conftest import ROOT

RESULT = Path(__file__).with_name("results") / "decontamination.json"
ROUNDS = 3


def main() -> None:
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    batches = texts(folder / "text" / "english.jsonl.zst")
    size = sum(batch.column("text").nbytes - 8 * (batch.num_rows + 1) for batch in batches) / 1e6
    found: dict[str, Any] = {"megabytes": round(size, 1)}
    for token in ("word", "character"):
        quiz = {"name": "gsm8k", "paths": str(folder / "bench/gsm8k/test.jsonl.zst"), "fields": ["question", "answer"]}
        config = DecontaminateConfig.model_validate({"benchmarks": [quiz], "token": token})
        index = load(config)
        kernel = best(batches, lambda b: ngram_matches(b.column("text"), index.grams, token == "character"))  # noqa: B023
        whole = best(batches, lambda b: STAGE.measure(b, config, Context(index)))  # noqa: B023
        found[token] = {"kernel": round(size / kernel), "measure": round(size / whole)}
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


def texts(path: Path) -> list[pa.RecordBatch]:
    with zstandard.open(path, "rt", encoding="utf8") as file:
        rows = [json.loads(line)["text"] for line in file]
    return pa.table({"text": pa.array(rows, pa.large_string())}).to_batches(BATCH_ROWS)


def best(batches: list[pa.RecordBatch], work: Callable[[pa.RecordBatch], object]) -> float:
    """CPU seconds of the fastest round over all batches."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for batch in batches:
            work(batch)
        seconds.append(time.process_time() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
