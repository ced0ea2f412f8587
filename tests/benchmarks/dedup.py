"""Near-dedup beside the peers, read to write: `python -m tests.benchmarks.dedup [--runs 3] [--peers …]`.

Every command starts afresh on an empty output: imports, worker start, decoding, signing, clustering, verifying and
writing are all in the figures. Two workers each. Results go to results/dedup.json and results/dedup.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks import corpus
from tests.benchmarks.accuracy import accuracy, kept_ids
from tests.benchmarks.install import python
from tests.benchmarks.measure import ROOT, alternated

RESULTS = Path(__file__).with_name("results")
PEERS = ("datatrove", "datatrove, str.split", "Data-Juicer", "text-dedup")
OURS, MORE = "Winnow", "Winnow, 16 bands"
"""Under `fineweb`'s 14 x 8 as datatrove is, and with two bands more: datatrove's components also remove pairs that are
not alike, so what it finds by luck takes us more candidates."""


def commands(text: Path, out: Path) -> dict[str, Sequence[str]]:
    """What each tool is told; each first clears its own output."""
    place = {name: str(out / name.replace(" ", "_").replace(",", "")) for name in (OURS, MORE, *PEERS)}
    script = ROOT / "tests" / "benchmarks" / "peers"

    def peer(name: str, home: str, file: str, *more: str) -> list[str]:
        return _fresh(place[name], [str(python(home)), str(script / file), str(text), place[name], *more])

    winnow = str(Path(sys.executable).with_name("winnow"))

    def ours(name: str, *more: str) -> Sequence[str]:
        told = ["--input", f"{text}/jsonl_gz", "--output", place[name], "--workers", "2", *more]
        return _fresh(place[name], [winnow, "stage", "dedup.minhash", *told])

    made: dict[str, Callable[[], Sequence[str]]] = {
        OURS: lambda: ours(OURS),
        MORE: lambda: ours(MORE, "--set", "bands=16"),
        "datatrove": lambda: peer("datatrove", "datatrove", "datatrove_dedup.py", "spacy"),
        "datatrove, str.split": lambda: peer("datatrove, str.split", "datatrove", "datatrove_dedup.py", "split"),
        "Data-Juicer": lambda: peer("Data-Juicer", "data_juicer", "data_juicer_dedup.py"),
        "text-dedup": lambda: peer("text-dedup", "text_dedup", "text_dedup_dedup.py"),
    }
    return {name: make() for name, make in made.items()}


def _fresh(place: str, command: Sequence[str]) -> Sequence[str]:
    return ["sh", "-c", f'rm -rf "{place}"; exec "$@"', "sh", *command]


def kept(name: str, out: Path) -> set[str]:
    """Ids that the tool's last run kept."""
    place = out / name.replace(" ", "_").replace(",", "")
    if name in (OURS, MORE):
        return kept_ids(f"{place}/*.parquet", "source_id")
    if name == "Data-Juicer":
        return kept_ids(f"{place}/kept.parquet")
    if name == "text-dedup":
        streams = [pa.ipc.open_stream(file) for file in Path(place, "kept").glob("*.arrow")]
        return {id for s in streams for id in s.read_all().column("id").to_pylist()}
    return kept_ids(f"{place}/kept/*.parquet")


def run(runs: int, peers: Sequence[str], keep: Path | None = None) -> dict[str, Any]:
    """Figures and accuracy of ours and of `peers`."""
    folder = keep or Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    try:
        text = folder / "corpus"
        if not text.exists():
            corpus.labelled(text)
        everyone = [
            id for f in (text / "parquet").glob("*") for id in pq.read_table(f, columns=["id"])["id"].to_pylist()
        ]
        told = {name: c for name, c in commands(text, folder / "out").items() if name in (OURS, MORE, *peers)}
        figures = alternated(told, runs)
        for name in figures:
            figures[name] |= accuracy(everyone, kept(name, folder / "out"))
        return {"machine": _machine(), "runs": runs, "documents": len(everyone), "tools": figures}
    finally:
        if keep is None:
            shutil.rmtree(folder)


def _machine() -> str:
    model = next(x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def table(found: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    ours = found["tools"][OURS]
    head = "| tool | wall s | CPU s | peak PSS MiB | recall J>=.8 | precision J>=.7 | wall / ours | CPU / ours |\n"
    lines = [
        f"| {name} | {f['wall']:.1f} | {f['cpu']:.1f} | {f['pss']:.0f} | {f['recall_80']:.4f} | {f['precision_70']:.4f} "
        f"| {f['wall'] / ours['wall']:.1f} | {f['cpu'] / ours['cpu']:.1f} |"
        for name, f in found["tools"].items()
    ]
    note = f"{found['machine']}; {found['documents']:,} documents, 210 MB of text; median of {found['runs']}.\n\n"
    return note + head + "|---|--:|--:|--:|--:|--:|--:|--:|\n" + "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--keep", type=Path, help="a folder for corpus and outputs, not deleted")
    told = parser.parse_args()
    found = run(told.runs, told.peers, told.keep)
    (RESULTS / "dedup.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / "dedup.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
