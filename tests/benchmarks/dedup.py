"""Near-dedup beside the peers, read to write: `python -m tests.benchmarks.dedup [--runs 3] [--peers …]`.

Every command starts afresh on an empty output: imports, worker start, decoding, signing, clustering, verifying and
writing are all in the figures. Two workers each. Results go to results/dedup.json and results/dedup.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks import corpus
from tests.benchmarks.accuracy import accuracy, kept_ids
from tests.benchmarks.commands import Command, machine, ours, peer, place
from tests.benchmarks.measure import alternated

RESULTS = Path(__file__).with_name("results")
PEERS = ("datatrove", "datatrove, str.split", "Data-Juicer", "text-dedup")
OURS, MORE = "Winnow", "Winnow, 16 bands"
"""Under `fineweb`'s 14 x 8 as datatrove is, and with two bands more: datatrove's components also remove pairs that are
not alike, so what it finds by luck takes us more candidates."""


def commands(text: Path, out: Path) -> dict[str, Callable[[], Command]]:
    """What each tool is told, by name."""
    at = {name: place(out, name) for name in (OURS, MORE, *PEERS)}
    return {
        OURS: lambda: ours("dedup.minhash", text, at[OURS]),
        MORE: lambda: ours("dedup.minhash", text, at[MORE], "--set", "bands=16"),
        PEERS[0]: lambda: peer("datatrove", "datatrove_dedup.py", text, at[PEERS[0]], "spacy"),
        PEERS[1]: lambda: peer("datatrove", "datatrove_dedup.py", text, at[PEERS[1]], "split"),
        PEERS[2]: lambda: peer("data_juicer", "data_juicer_dedup.py", text, at[PEERS[2]]),
        PEERS[3]: lambda: peer("text_dedup", "text_dedup_dedup.py", text, at[PEERS[3]]),
    }


def kept(name: str, out: Path) -> set[str]:
    """Ids that the tool's last run kept."""
    folder = place(out, name)
    if name in (OURS, MORE):
        return kept_ids(f"{folder}/*.parquet", "source_id")
    if name == "Data-Juicer":
        return kept_ids(f"{folder}/kept.parquet")
    if name == "text-dedup":
        streams = [pa.ipc.open_stream(file) for file in Path(folder, "kept").glob("*.arrow")]
        return {id for s in streams for id in s.read_all().column("id").to_pylist()}
    return kept_ids(f"{folder}/kept/*.parquet")


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
        told = {name: c() for name, c in commands(text, folder / "out").items() if name in (OURS, MORE, *peers)}
        figures = alternated(told, runs)
        for name in figures:
            figures[name] |= accuracy(everyone, kept(name, folder / "out"))
        return {"machine": machine(), "runs": runs, "documents": len(everyone), "tools": figures}
    finally:
        if keep is None:
            shutil.rmtree(folder)


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
