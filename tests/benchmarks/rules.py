"""MB/s of one core for each filter, and for filters of one dialect in their one pass: `python -m tests.benchmarks.rules`.

In one process, on texts already in memory, kernels compiled; CPU seconds, the best of three. The fused pass measures
every score of Gopher, C4 and FineWeb. Results go to results/rules.json and results/rules.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Context, Filter, Map, measured_together
from curation_lib.sources.jsonl import JsonlConfig, read, shards
from curation_lib.text.filter_words import known_splits
from tests.benchmarks.commands import machine
from tests.benchmarks.results import save, workplace

RUNS, ROWS = 3, 1024
FUSED = ("filters.gopher_repetition", "filters.gopher_quality", "filters.c4_quality", "filters.fineweb_quality")
ALONE = (*FUSED, "filters.length", "filters.code_markup", "filters.c4_lines",
         "filters.boilerplate_lines")  # fmt: skip


def texts(folder: Path, most: int = 50_000_000) -> list[pa.RecordBatch]:
    """The first `most` bytes of the labelled corpus as documents."""
    config = JsonlConfig(paths=[f"{folder}/corpus/jsonl_gz"], source="bench", batch_rows=ROWS)
    return list(_documents(config, most))


def _documents(config: JsonlConfig, most: int) -> Iterator[pa.RecordBatch]:
    for shard in shards(config):
        for batch in (found.captures for found in read(shard, config)):
            if batch is None or most <= 0:
                continue
            text = batch.column("raw").cast(pa.large_string())
            most -= text.nbytes
            missing = {f.name: pa.nulls(batch.num_rows, f.type) for f in DOCUMENT if f.name not in batch.schema.names}
            columns = {**dict(zip(batch.schema.names, batch.columns, strict=True)), **missing, "text": text}
            yield pa.RecordBatch.from_arrays([columns[name] for name in DOCUMENT.names], DOCUMENT.names)


def measured(bound: Sequence[Bound], batches: Sequence[pa.RecordBatch]) -> None:
    """Every score of these filters, each shared pass made once a batch; or the edits of a Map."""
    models = [stage.load(config) if stage.load else None for stage, config in bound]
    for batch in batches:
        together = measured_together(bound, batch)
        for (stage, config), model, statistics in zip(bound, models, together, strict=True):
            if isinstance(stage, Map):
                stage.fn(batch, config, Context(model))
            elif isinstance(stage, Filter):
                stage.measure(batch, config, Context(model, statistics))


def speed(bound: Sequence[Bound], batches: Sequence[pa.RecordBatch]) -> float:
    """MB/s of the fastest of RUNS, after one that is not counted."""
    measured(bound, batches)
    seconds = []
    for _ in range(RUNS):
        known_splits()[:] = 0  # no run profits from the one before
        begun = time.process_time()
        measured(bound, batches)
        seconds.append(time.process_time() - begun)
    return sum(batch.column("text").nbytes for batch in batches) / 1e6 / min(seconds)


def run(folder: Path) -> dict[str, float]:
    """MB/s by what is measured."""
    batches = texts(folder)
    asked: dict[str, list[Bound]] = {name: [_bound(name)] for name in ALONE}
    asked["Gopher, C4 and FineWeb in one pass"] = [_bound(name) for name in FUSED]
    for dialect in ("dolma", "dclm", "curator"):
        asked[f"Gopher and C4 as {dialect} has them"] = [_bound(name, dialect=dialect) for name in FUSED[:3]]
    asked["the one pass with datatrove's own words (`exact`)"] = [_bound(name, exact=True) for name in FUSED]
    return {name: speed(bound, batches) for name, bound in asked.items()}


def _bound(name: str, **settings: Any) -> Bound:
    stage = find(name)
    return stage, stage.config(**settings)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="a folder for the corpus, not deleted")
    with workplace(parser.parse_args().keep) as folder:
        found = run(folder)
    lines = "".join(f"| {name} | {speed:.0f} |\n" for name, speed in found.items())
    text = f"{machine()}; one core.\n\n| filter | MB/s |\n|---|--:|\n{lines}"
    save("rules", {"machine": machine(), "MB/s": found}, text)


if __name__ == "__main__":
    main()
