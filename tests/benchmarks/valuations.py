"""What benchmarks of valuations are made of: real documents, and real code in two parts that share no project."""

from __future__ import annotations

import io
import os
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from importlib.metadata import files as files_of
from pathlib import Path

import orjson
import xxhash
import zstandard

from tests.conftest import ROOT

TARGET = ("dask", "distributed", "click", "rich")
"""Distributions of the lock whose code is measured on; what is trained on is the standard library's."""
_SKIPPED = {"test", "tests", "idlelib", "lib2to3", "site-packages", "encodings", "pydoc_data", "__pycache__"}


def data() -> Path:
    """The folder of test data."""
    return Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a .jsonl.zst file."""
    with zstandard.open(path, "rb") as file:
        yield from map(orjson.loads, io.BufferedReader(file))  # type: ignore[arg-type]


def parted(path: Path, folder: Path) -> list[Path]:
    """The documents of a file in three files by the hash of their text, none in two: nine of twenty, ten, one."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [folder / f"{name}.jsonl" for name in ("base", "more", "other")]
    with ExitStack() as stack:
        files = [stack.enter_context(part.open("wb")) for part in parts]
        for row in rows(path):
            place = xxhash.xxh3_64_intdigest(row["text"].encode(), seed=7) % 20
            to = files[0 if place < 9 else 1 if place < 19 else 2]
            to.write(orjson.dumps({"id": row["id"], "text": row["text"]}) + b"\n")
    return parts


def standard_library(to: Path) -> Path:
    """Modules of this Python's standard library as JSON lines."""
    root = Path(sysconfig.get_paths()["stdlib"])
    return _written(to, ((str(p.relative_to(root)), p) for p in sorted(root.rglob("*.py")) if _wanted(p, root)))


def installed(names: tuple[str, ...], to: Path) -> Path:
    """Modules of installed distributions as JSON lines."""
    found = [(str(f), Path(str(f.locate()))) for name in names for f in files_of(name) or () if f.suffix == ".py"]
    return _written(to, ((name, path) for name, path in sorted(found) if not _SKIPPED & set(Path(name).parts)))


def _wanted(path: Path, root: Path) -> bool:
    return not _SKIPPED & set(path.relative_to(root).parts)


def _written(to: Path, modules: Iterable[tuple[str, Path]]) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as file:
        for name, path in modules:
            text = path.read_text(errors="replace")
            if 500 < len(text) < 200_000:
                file.write(orjson.dumps({"id": name, "text": text}) + b"\n")
    return to
