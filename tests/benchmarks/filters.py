"""Gopher, C4 and FineWeb filters beside the peers, read to write: `python -m tests.benchmarks.filters [--runs 3]`.

Ours measure every rule of every document and store scores and ledger; datatrove, Data-Juicer and NeMo Curator leave a
document at its first failure, Dolma tags every document. Two workers each, every command afresh on an empty output.
Results go to results/filters.json and results/filters.md, those of `--name other` to results/other.json and other.md:
`--name filters_wall --tools Winnow Data-Juicer "NeMo Curator, no engine"` times the fastest three again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.commands import Command, machine, ours, peer, place
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import save, table, workplace

OURS, EXACT = "Winnow", "Winnow, exact words"
PEERS = ("datatrove", "datatrove, str.split", "Data-Juicer", "Dolma", "NeMo Curator, no engine")
FILTERS = ("gopher_repetition", "gopher_quality", "c4_lines", "c4_quality", "fineweb_quality")
STAGES = ",".join(f"filters.{name}" for name in FILTERS)
FINEWEB = ("--set", "filters.c4_lines.filter_no_terminal_punct=false")
WORDS = [x for name in FILTERS if name != "c4_lines" for x in ("--set", f"filters.{name}.exact=true")]


def commands(text: Path, out: Path) -> dict[str, Callable[[], Command]]:
    """What each tool is told, by name."""
    at = {name: place(out, name) for name in (OURS, EXACT, *PEERS)}
    return {
        OURS: lambda: ours(STAGES, text, at[OURS], *FINEWEB),
        EXACT: lambda: ours(STAGES, text, at[EXACT], *FINEWEB, *WORDS),
        PEERS[0]: lambda: peer("datatrove", "datatrove_filters.py", text, at[PEERS[0]], "spacy"),
        PEERS[1]: lambda: peer("datatrove", "datatrove_filters.py", text, at[PEERS[1]], "split"),
        PEERS[2]: lambda: peer("data_juicer", "data_juicer_filters.py", text, at[PEERS[2]]),
        PEERS[3]: lambda: peer("dolma", "dolma_filters.py", text, at[PEERS[3]]),
        PEERS[4]: lambda: peer("nemo_curator", "nemo_curator_filters.py", text, at[PEERS[4]]),
    }


def run(runs: int, tools: Sequence[str], keep: Path | None = None) -> dict[str, Any]:
    """Figures of `tools`."""
    with workplace(keep) as folder:
        told = {name: c() for name, c in commands(folder / "corpus", folder / "out").items() if name in tools}
        return {"machine": machine(), "runs": runs, "tools": alternated(told, runs)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tools", nargs="*", default=[OURS, EXACT, *PEERS])
    parser.add_argument("--keep", type=Path, help="a folder for corpus and outputs, not deleted")
    parser.add_argument("--name", default="filters", help="of the results")
    told = parser.parse_args()
    found = run(told.runs, told.tools, told.keep)
    save(told.name, found, table(found, OURS))


if __name__ == "__main__":
    main()
