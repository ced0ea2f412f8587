"""What near-dedup costs above reading and writing: `python -m tests.benchmarks.floor [--keep FOLDER]`.

CPU seconds of one process by step, beside the least that the same files cost: gunzip and JSON parsing of the input,
and one Parquet file per input of the documents kept, under our codec. Results go to results/floor.json and floor.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from isal import igzip

from curation_lib.core.stage import unheard
from curation_lib.runner.dask import LocalScheduler, OnDone, Resources
from curation_lib.runner.parts import CODEC, ROW_GROUP
from curation_lib.runner.reports import Heard
from curation_lib.runner.single import run_stage
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import save, workplace

STEPS = {
    "ingest": "read, parse, hash, unpacked Parquet",
    "key": "read, words, shingles, signatures, bands",
    "partition": "buckets",
    "decide": "read candidates, shingle sets, verify",
    "apply": "read, write documents, ledger and key rows",
}


class Timed(LocalScheduler):
    """One process; CPU seconds by step."""

    def __init__(self) -> None:
        super().__init__(1)
        self.seconds: dict[str, float] = defaultdict(float)

    def run(
        self,
        function: Callable[[Any], Any],
        work: Sequence[Any],
        done: OnDone,
        heard: Heard = unheard,
        resources: Resources | None = None,
    ) -> list[Any]:
        begun = time.process_time()
        try:
            return super().run(function, work, done, heard, resources)
        finally:
            self.seconds[function.__name__] += time.process_time() - begun


def floor(text: Path, kept: Path, out: Path) -> dict[str, float]:
    """CPU seconds of reading every row and of writing the kept ones, nothing between."""
    begun = time.process_time()
    for file in sorted(text.glob("*.jsonl.gz")):
        with igzip.open(file) as rows:
            for line in rows:
                orjson.loads(line)
    read = time.process_time() - begun
    tables = [pq.read_table(file) for file in sorted(kept.glob("*.parquet"))]
    begun = time.process_time()
    for number, table in enumerate(tables):
        pq.write_table(table, out / f"{number}.parquet", ROW_GROUP, compression=CODEC, compression_level=1)
    return {"gunzip and parse": read, "write": time.process_time() - begun}


def run(text: Path) -> dict[str, dict[str, float]]:
    """CPU seconds: of the steps, of the floor, and of one command on one document, which is imports and start."""
    with tempfile.TemporaryDirectory() as folder:
        kept, one, out = Path(folder, "kept"), Path(folder, "one.jsonl"), Path(folder, "out")
        one.write_text('{"id": "1", "text": "one document"}\n')
        told = ["winnow", "stage", "dedup.minhash", "--input", str(one), "--output", f"{folder}/few", "--workers", "2"]
        start = alternated({"start": told}, 3)["start"]["cpu"]
        run_stage("dedup.minhash", [str(one)], f"{folder}/few", {}, Timed())  # first use of every kernel
        scheduler = Timed()
        run_stage("dedup.minhash", [str(text)], str(kept), {}, scheduler)
        out.mkdir()
        return {"floor": floor(text, kept, out), "steps": dict(scheduler.seconds), "start": {"two workers": start}}


def table(found: dict[str, dict[str, float]]) -> str:
    """The results as Markdown."""
    least, steps, start = sum(found["floor"].values()), found["steps"], found["start"]["two workers"]
    rows = [(f"`{name}`: {STEPS.get(name, '')}", seconds) for name, seconds in steps.items()]
    rows += [("imports and start of two workers", start), ("**in all**", sum(steps.values()) + start)]
    rows += [(f"floor: {name}", seconds) for name, seconds in found["floor"].items()]
    rows += [("**above the floor**", sum(steps.values()) + start - least)]
    return "| CPU s | of what |\n|--:|---|\n" + "".join(f"| {seconds:.2f} | {name} |\n" for name, seconds in rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, help="a folder for the corpus, not deleted")
    with workplace(parser.parse_args().keep) as folder:
        found = run(folder / "corpus" / "jsonl_gz")
    save("floor", found, table(found))


if __name__ == "__main__":
    main()
