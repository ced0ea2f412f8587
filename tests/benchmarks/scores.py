"""Every score of a document in one pass: `python -m tests.benchmarks.scores [--keep FOLDER] [--models FOLDER]`.

The heuristics of Gopher, C4 and FineWeb, density, perplexity, coherence and a classifier over the first 30 MB of the
labelled corpus, one core, CPU seconds, the median of three rounds by turns. `in memory`: measuring alone, the kernels
compiled and the models loaded. `read to write`: `winnow stage` with each filter by itself and with all of them, one
worker. Then the classifier beside a plain loop over fastText's binding and the C++ library alone, on the same texts.
Results go to results/scores.json and results/scores.md.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Context, Filter, measured_together
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.single import run_stage
from curation_lib.text.filter_words import known_splits
from tests.benchmarks import classifiers, perplexity
from tests.benchmarks.commands import machine
from tests.benchmarks.corpus import DATA
from tests.benchmarks.results import save, workplace
from tests.benchmarks.rules import FUSED, texts
from tests.golden.perplexity.texts import rows

ROUNDS, SHARDS, MOST = 3, 4, 30_000_000
ALL, HEURISTICS = "all in one pass", "heuristics in one pass"
READING = "filters.length"
"""Measures next to nothing: what remains is reading, deciding and writing."""
Batches = Sequence[pa.RecordBatch]


def settings_of(models: Path) -> dict[str, dict[str, Any]]:
    """Settings by filter, with models trained in `models` where they are not there yet."""
    classifier = models / "classifier"
    if not classifier.exists():
        classifiers.trained(DATA, classifier)
    english = [row["text"] for row in rows(DATA / "text" / "english.jsonl.zst")]
    read = [text for n, text in enumerate(english) if n % 4]
    ngrams = perplexity.trained(models / "pruned", read, perplexity.PRUNED["pruned"])
    given = {"models": {"*": str(ngrams), "unknown": str(ngrams)}, "max_perplexity_percentile": 90}
    return {
        **{name: {} for name in FUSED},
        "filters.density": {"keep_top_percent": 50},
        "filters.perplexity": given,
        "filters.coherence": {},
        "filters.classifier": {"model": str(classifier), "keep_top_percent": 10},
    }


def by_turns(ways: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """CPU seconds of each, the median of ROUNDS, after a round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            known_splits()[:] = 0  # no run profits from the one before
            began = time.process_time()
            way()
            if turn:
                seconds[name].append(time.process_time() - began)
    return {name: statistics.median(found) for name, found in seconds.items()}


def in_memory(settings: Mapping[str, Any], batches: Batches) -> dict[str, float]:
    bound: list[Bound] = [(find(name), find(name).config.model_validate(told)) for name, told in settings.items()]
    models = {stage.name: stage.load(config) if stage.load else None for stage, config in bound}

    def measured(some: Sequence[Bound]) -> None:
        for batch in batches:
            for (stage, config), common in zip(some, measured_together(some, batch), strict=True):
                assert isinstance(stage, Filter)
                stage.measure(batch, config, Context(models[stage.name], common))

    ways: dict[str, Callable[[], None]] = {one[0].name: partial(measured, [one]) for one in bound}
    ways |= {HEURISTICS: partial(measured, bound[: len(FUSED)]), ALL: partial(measured, bound)}
    return by_turns(ways)


def read_to_write(settings: Mapping[str, Any], batches: Batches, place: Path) -> dict[str, float]:
    (place / "docs").mkdir()
    for shard in range(SHARDS):
        columns = pa.Table.from_batches(batches[shard::SHARDS]).select(["source_id", "text"])
        pq.write_table(columns.rename_columns(["id", "text"]), place / "docs" / f"{shard}.parquet", compression="zstd")

    def run(*names: str) -> None:
        shutil.rmtree(place / "out", ignore_errors=True)
        told = {"filters": {name.removeprefix("filters."): settings[name] for name in names}}
        given = told if len(names) > 1 else settings[names[0]]  # of one stage they stand as they are
        run_stage(",".join(names), [str(place / "docs")], str(place / "out"), given, LocalScheduler(1))

    ways = {name: partial(run, name) for name in settings}
    return by_turns({**ways, ALL: partial(run, *(name for name in settings if name != READING))})


def run(keep: Path | None, models: Path | None) -> dict[str, Any]:
    with workplace(keep) as folder, tempfile.TemporaryDirectory() as new:
        settings = settings_of(models or Path(new))
        batches = texts(folder, MOST)
        column = pa.concat_arrays([batch.column("text") for batch in batches])
        size = sum(batch.column("text").nbytes - 8 * (batch.num_rows + 1) for batch in batches) / 1e6
        alone = in_memory(settings, batches)
        whole = read_to_write({**settings, READING: {}}, batches, Path(new))
        model = Path(settings["filters.classifier"]["model"])
        beside = classifiers.one_core(column, model, Path(new))["megabytes_per_core_second"]
    parts = sum(alone[name] for name in (HEURISTICS, *settings) if name not in FUSED)
    apart = sum(whole[name] for name in settings)
    return {
        "machine": machine(),
        "documents": len(column),
        "megabytes": round(size, 1),
        "in memory, MB/s": {name: round(size / seconds, 1) for name, seconds in alone.items()},
        "in memory, seconds": {ALL: round(alone[ALL], 2), "sum of its parts": round(parts, 2)},
        "read to write, seconds": {name: round(seconds, 2) for name, seconds in whole.items()},
        "read to write, each by itself": round(apart, 2),
        "that without reading and writing again": round(apart - (len(settings) - 1) * whole[READING], 2),
        "classifier, MB/s": beside,
    }


def table(found: Mapping[str, Any]) -> str:
    speeds, seconds = found["in memory, MB/s"], found["read to write, seconds"]
    names = [*speeds, READING]
    cells = [f"| {name} | {speeds.get(name, '')} | {seconds.get(name, '')} |\n" for name in names]
    beside = "; ".join(f"{name.replace('_', ' ')} {speed}" for name, speed in found["classifier, MB/s"].items())
    memory = found["in memory, seconds"]
    return (
        f"{found['machine']}; one core, {found['megabytes']} MB; medians of {ROUNDS}.\n\n"
        f"| score | in memory, MB/s | read to write, CPU s |\n|---|--:|--:|\n{''.join(cells)}\n"
        f"In memory all take {memory[ALL]} s, their parts {memory['sum of its parts']} s. Read to write, each by "
        f"itself takes {found['read to write, each by itself']} s, without reading and writing again "
        f"{found['that without reading and writing again']} s.\n\n"
        f"The classifier in MB/s: {beside}.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="a folder for the corpus, not deleted")
    parser.add_argument("--models", type=Path, help="a folder for the models, not deleted")
    told = parser.parse_args()
    found = run(told.keep, told.models)
    save("scores", found, table(found))


if __name__ == "__main__":
    main()
