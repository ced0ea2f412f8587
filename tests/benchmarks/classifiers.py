"""How fast fastText classifiers score: `python -m tests.benchmarks.classifiers`; writes `results/classifiers.json`.

A model of word pairs (dim 100, 200,000 buckets) over real documents: `filters.classifier` beside a plain loop over the
binding and beside the C++ library alone (`test` on a file that is ready), one core each, rounds by turns. Then the
whole filter, read to write, with one and with two workers.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fasttext
import pyarrow as pa
import zstandard

from curation_lib.core.stage import Context
from curation_lib.filters.classifier import STAGE, ClassifierConfig
from curation_lib.filters.models import load_scorer
from curation_lib.runner.classifier_training import Training, train_from_files
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.parts import BATCH_ROWS
from curation_lib.runner.single import run_stage
from curation_lib.training.recipes import classifier_settings
from tests.benchmarks.decontamination import texts
from tests.conftest import ROOT

RESULT = Path(__file__).with_name("results") / "classifiers.json"
ROUNDS, SHARDS = 3, 8
ROWS = 24_000


def main() -> None:
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    with tempfile.TemporaryDirectory() as place:
        model = trained(folder, Path(place, "model"))
        column = pa.concat_arrays([b.column("text") for b in texts(folder / "text" / "english.jsonl.zst")])[:ROWS]
        found = {
            "documents": len(column),
            **one_core(column, model, Path(place)),
            **workers(column, model, Path(place)),
        }
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


def trained(folder: Path, to: Path) -> Path:
    files = {"positive": "dense_reference.powershell", "negative": "polished_blog.18f"}
    inputs = {label: [str(folder / "quality" / f"{name}.jsonl.zst")] for label, name in files.items()}
    settings = classifier_settings("dclm", {"bucket": 200_000})
    train_from_files(Training(inputs, "benchmark", None, settings), to, LocalScheduler(1))
    return to


def one_core(column: pa.Array, model: Path, place: Path) -> dict[str, Any]:
    """MB of text per CPU second, the best of ROUNDS."""
    config = ClassifierConfig(model=str(model), min_score=0.5)
    scorer, plain = load_scorer(config), fasttext.load_model(str(model / "model.bin"))
    rows, ids = column.to_pylist(), pa.array([str(n) for n in range(len(column))])
    batches = pa.table({"doc_id": ids, "text": column}).to_batches(BATCH_ROWS)
    file = place / "lines.txt"
    file.write_text("".join(f"__label__positive {' '.join(text.strip().splitlines())}\n" for text in rows))
    ways: dict[str, Callable[[], object]] = {
        "filter": lambda: [STAGE.measure(batch, config, Context(scorer)) for batch in batches],
        "plain_loop": lambda: [plain.predict(" ".join(text.strip().splitlines()), k=-1) for text in rows],
        "library": lambda: plain.test(str(file)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            seconds[name].append(time.process_time() - began)
    size = sum(len(text.encode()) for text in rows) / 1e6
    return {
        "megabytes": round(size, 1),
        "megabytes_per_core_second": {n: round(size / min(s), 1) for n, s in seconds.items()},
    }


def workers(column: pa.Array, model: Path, place: Path) -> dict[str, Any]:
    """Seconds of the wall from files to dataset, with one and with two processes, by turns."""
    (place / "docs").mkdir()
    rows = column.to_pylist()
    for shard in range(SHARDS):
        lines = "".join(json.dumps({"id": str(n), "text": rows[n]}) + "\n" for n in range(shard, len(rows), SHARDS))
        (place / "docs" / f"{shard}.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    settings = {"model": str(model), "keep_top_percent": 10}
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(ROUNDS):
        for number in seconds:
            began = time.perf_counter()
            run_stage(
                "filters.classifier",
                [str(place / "docs")],
                str(place / f"{turn}-{number}"),
                settings,
                LocalScheduler(number),
            )
            seconds[number].append(time.perf_counter() - began)
    return {"wall_seconds_by_workers": {str(n): round(min(s), 2) for n, s in seconds.items()}}


if __name__ == "__main__":
    main()
