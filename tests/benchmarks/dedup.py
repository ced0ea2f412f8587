"""Near-dedup beside the peers, read to write: `python -m tests.benchmarks.dedup [--runs 3] [--peers …]`.

Every command starts afresh on an empty output: imports, worker start, decoding, signing, clustering, verifying and
writing are all in the figures. Two workers each. Results go to results/dedup.json and results/dedup.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.accuracy import accuracy, kept_ids
from tests.benchmarks.commands import Command, machine, ours, peer, place
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import save, table, workplace

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
    with workplace(keep) as folder:
        text = folder / "corpus"
        everyone = [
            id for f in (text / "parquet").glob("*") for id in pq.read_table(f, columns=["id"])["id"].to_pylist()
        ]
        told = {name: c() for name, c in commands(text, folder / "out").items() if name in (OURS, MORE, *peers)}
        figures = alternated(told, runs)
        for name in figures:
            figures[name] |= accuracy(everyone, kept(name, folder / "out"))
        return {"machine": machine(), "runs": runs, "documents": len(everyone), "tools": figures}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--keep", type=Path, help="a folder for corpus and outputs, not deleted")
    told = parser.parse_args()
    found = run(told.runs, told.peers, told.keep)
    save("dedup", found, table(found, OURS, {"recall_80": "recall J>=.8", "precision_70": "precision J>=.7"}))


if __name__ == "__main__":
    main()
