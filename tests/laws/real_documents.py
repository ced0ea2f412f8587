"""Real documents in many languages, every so many of a large file, and pages that quote each other."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path

import zstandard

TAKEN = {"text/english": (60, 120), "text/multilingual": (40, 240), "dedup/web-archive-pages.docs": (4, 60)}
"""File -> every how many rows, how many rows."""


def write_documents(data: Path, folder: Path) -> None:
    """One JSONL file per file of TAKEN below `folder`."""
    folder.mkdir(parents=True)
    for name, (every, count) in TAKEN.items():
        with (data / f"{name}.jsonl.zst").open("rb") as file:
            reader = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8", newline="\n")
            lines = islice(reader, 0, every * count, every)
            (folder / f"{Path(name).name}.jsonl").write_text("".join(lines), "utf-8", newline="\n")
