"""Where benchmarks work, and how they put down what they measured."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus

RESULTS = Path(__file__).with_name("results")


@contextmanager
def scratch(keep: Path | None) -> Iterator[Path]:
    """A folder: `keep`, or one that is gone afterwards."""
    folder = keep or Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder)


@contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """A folder that holds the labelled throughput set as `corpus`: `keep`, or one that is gone afterwards."""
    with scratch(keep) as folder:
        if not (folder / "corpus").exists():
            corpus.labelled(folder / "corpus")
        yield folder


def table(found: Mapping[str, Any], ours: str, more: Mapping[str, str] | None = None) -> str:
    """Tools as Markdown, beside `ours`. more: further figures by name, with what heads their columns."""
    first, more = found["tools"][ours], more or {}
    heads = ["tool", "wall s", "CPU s", "peak PSS MiB", *more.values(), "wall / ours", "CPU / ours"]
    lines = [
        [
            *(name, f"{f['wall']:.1f}", f"{f['cpu']:.1f}", f"{f['pss']:.0f}", *(f"{f[one]:.4f}" for one in more)),
            *(f"{f[one] / first[one]:.1f}" for one in ("wall", "cpu")),
        ]
        for name, f in found["tools"].items()
    ]
    under = "|---|" + "--:|" * (len(heads) - 1) + "\n"
    note = f"{found['machine']}; 61,703 documents, 210 MB of text; median of {found['runs']}.\n\n"
    return note + _row(heads) + under + "".join(map(_row, lines))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def save(name: str, found: Any, text: str) -> None:
    """Both to results/, and the text to the terminal."""
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(text)
    print(text)
