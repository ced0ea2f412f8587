"""Reads one format of an export with the library that trainers use, and prints what it found as JSON.

`python trainer_reads.py FORMAT FOLDER`, run by a Python that has the libraries (`make setup-readers`): it needs nothing
of Winnow. Prints `{"rows": …, "tokens": …}`: rows, samples or sequences, and ids or the sum of a column of counts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

EMPTY = 13
"""Bytes of a zstd frame with a checksum and nothing in it."""


def hugging_face(kind: str, pattern: str, column: str) -> Callable[[Path], tuple[int, int]]:
    """A reader by `datasets.load_dataset(kind)`; `column` holds ids, or a number of them, or is not there."""

    def read(folder: Path) -> tuple[int, int]:
        import datasets

        datasets.disable_progress_bars()
        with tempfile.TemporaryDirectory() as cache:
            files = str(folder / pattern)
            rows = datasets.load_dataset(kind, data_files=files, split="train", cache_dir=cache)
            values = rows[column] if column in rows.column_names else []
            return len(rows), sum(one if isinstance(one, int) else len(one) for one in values)

    return read


def chat(folder: Path) -> tuple[int, int]:
    """Conversations, then preference pairs: a trainer reads one or the other. A kind without a row has no schema."""
    found = [(0, 0)]
    for kind in ("conversations", "preferences"):
        files = [path for path in folder.glob(f"*.{kind}.jsonl.zst") if path.stat().st_size > EMPTY]
        if files:
            found.append(hugging_face("json", f"*.{kind}.jsonl.zst", "tokens")(folder))
    rows, tokens = map(sum, zip(*found, strict=True))
    return rows, tokens


def megatron(folder: Path) -> tuple[int, int]:
    """Every prefix by Megatron's own IndexedDataset, every document fetched."""
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    sets = [IndexedDataset(str(path.with_suffix(""))) for path in sorted(folder.glob("*.bin"))]
    return sum(map(len, sets)), sum(len(one[n]) for one in sets for n in range(len(one)))


def mds(folder: Path) -> tuple[int, int]:
    """Every sample by streaming's LocalDataset, which begins with `index.json`."""
    _without_its_front("streaming")
    from streaming.base.local import LocalDataset

    rows = LocalDataset(str(folder))
    return len(rows), sum(len(row["tokens"]) for row in (rows[n] for n in range(len(rows))) if "tokens" in row)


def webdataset(folder: Path) -> tuple[int, int]:
    """Every sample of every tar, decoded."""
    import webdataset

    rows = webdataset.WebDataset(sorted(map(str, folder.glob("*.tar"))), shardshuffle=False).decode()
    lengths = [len(row["npy"]) if "npy" in row else 0 for row in rows]
    return len(lengths), sum(lengths)


def _without_its_front(name: str) -> None:
    """Import a package's modules without its __init__, which would import what was not installed."""
    found: Any = importlib.util.find_spec(name)
    package = types.ModuleType(name)
    package.__path__ = list(found.submodule_search_locations)
    sys.modules[name] = package


READERS: dict[str, Callable[[Path], tuple[int, int]]] = {
    "parquet": hugging_face("parquet", "*.parquet", "tokens"),
    "jsonl": hugging_face("json", "*.jsonl.zst", "tokens"),
    "chat": chat,
    "tokens": hugging_face("parquet", "*.parquet", "input_ids"),
    "megatron": megatron,
    "mds": mds,
    "webdataset": webdataset,
}


if __name__ == "__main__":
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    found = READERS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(dict(zip(("rows", "tokens"), found, strict=True))))
