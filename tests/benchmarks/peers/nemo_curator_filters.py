"""NeMo Curator's heuristic filters in two plain processes, read to write: SCRIPT CORPUS OUT.

Runs in an environment with the package and without Ray, its engine: what the filters cost, not what the engine adds.
Only the modules with filters are loaded, for the package itself wants Ray. A document leaves at its first failure.
"""

from __future__ import annotations

import gzip
import json
import sys
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import Pool
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PACKAGES = ("nemo_curator", "nemo_curator.stages", "nemo_curator.stages.text", "nemo_curator.stages.text.filters")
HEURISTIC = "nemo_curator.stages.text.filters.heuristic"
SYMBOLS = {
    "WordCountFilter": (50, 100_000), "MeanWordLengthFilter": (3, 10), "SymbolsToWordsFilter": (0.1,),
    "BulletsFilter": (0.9,), "EllipsisFilter": (0.3,), "WordsWithoutAlphabetsFilter": (0.8,),
    "CommonEnglishWordsFilter": (2,), "PunctuationFilter": (0.85,),
}  # fmt: skip
LINES = {
    "RepeatedLinesFilter": 0.7, "RepeatedParagraphsFilter": 0.7, "RepeatedLinesByCharFilter": 0.8,
    "RepeatedParagraphsByCharFilter": 0.8,
}  # fmt: skip
TOP = {2: 0.2, 3: 0.18, 4: 0.16}
REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}


@cache
def filters() -> list[Any]:
    """Gopher's and C4's rules as the package has them; once a process, which then knows the package by other modules."""
    root = Path(str(find_spec("nemo_curator").submodule_search_locations[0]))  # type: ignore[union-attr, index]
    for name in (*PACKAGES, HEURISTIC):
        module = ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    quality, repetition = import_module(f"{HEURISTIC}.string"), import_module(f"{HEURISTIC}.repetition")
    found = [getattr(quality, name)(*limits) for name, limits in SYMBOLS.items()]
    found += [getattr(repetition, name)(limit) for name, limit in LINES.items()]
    found += [repetition.RepeatingTopNGramsFilter(n, limit) for n, limit in TOP.items()]
    return found + [repetition.RepeatingDuplicateNGramsFilter(n, limit) for n, limit in REPEATED.items()]


def judge(file: Path, out: str) -> None:
    chain = filters()
    with gzip.open(file) as lines:
        rows = [json.loads(line) for line in lines]
    kept = [row for row in rows if all(f.keep_document(f.score_document(row["text"])) for f in chain)]
    pq.write_table(pa.Table.from_pylist(kept), f"{out}/{file.name}.parquet", compression="zstd")


def main(corpus: str, out: str) -> None:
    Path(out).mkdir(parents=True)
    with Pool(2) as pool:
        pool.map(partial(judge, out=out), sorted(Path(corpus, "jsonl_gz").glob("*.gz")), chunksize=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
