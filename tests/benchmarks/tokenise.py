"""Tokenise, shuffle and pack beside datatrove, read to write: `python -m tests.benchmarks.tokenise [--runs 3]`.

The same tokenizer.json (GPT-2's, from r50k_base's ranks) and two workers each. Every command starts afresh on an empty
output: imports, worker start, decoding, tokenising, a shuffle over all documents and writing are in the figures. Both
write uint16 ids with one end-of-text id behind every document; what they wrote is compared document for document.
Results go to results/tokenise.json and results/tokenise.md.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.benchmarks.commands import Command, fresh, machine, peer, place
from tests.benchmarks.corpus import DATA
from tests.benchmarks.measure import alternated
from tests.benchmarks.results import save, table, workplace
from tests.text.tokenizers.tokenizer_files import gpt2_file

OURS, PACKED, PEER = "Winnow, Megatron-LM", "Winnow, best fit 4096", "datatrove"
LENGTH, END = 4096, 50256
Ids = npt.NDArray[np.uint16]


def commands(text: Path, tokenizer: str, out: Path) -> dict[str, Callable[[], Command]]:
    """What each is told, by name."""
    best_fit = ("--packing", "best_fit", "--sequence-length", str(LENGTH))
    return {
        OURS: lambda: ours(text, tokenizer, place(out, OURS)),
        PACKED: lambda: ours(text, tokenizer, place(out, PACKED), *best_fit),
        PEER: lambda: peer("datatrove", "datatrove_tokenise.py", text, place(out, PEER), tokenizer),
    }


def ours(text: Path, tokenizer: str, output: str, *more: str) -> Command:
    """`winnow export write` on JSON lines."""
    winnow = [sys.executable, "-m", "curation_lib.cli", "export", "write", "--input", f"{text}/jsonl_gz"]
    told = ["--output", output, "--format", "megatron", "--tokenizer", tokenizer, "--workers", "2"]
    return fresh(output, [*winnow, *told, *more])


def documents(ids: Ids, bounds: npt.NDArray[np.integer[Any]]) -> Counter[bytes]:
    """Documents of `ids` that end at `bounds`, by their hash."""
    starts = np.concatenate([[0], bounds[:-1]])
    return Counter(sha256(ids[a:b].tobytes()).digest() for a, b in zip(starts, bounds, strict=True))


def megatron(folder: Path) -> Iterator[tuple[Ids, npt.NDArray[np.integer[Any]]]]:
    """Ids and ends of the sequences of each part."""
    for path in sorted(folder.glob("megatron/*.bin")):
        index = path.with_suffix(".idx").read_bytes()
        (number,) = struct.unpack_from("<Q", index, 18)
        yield np.fromfile(path, np.uint16), np.cumsum(np.frombuffer(index, np.int32, number, 34), dtype=np.int64)


def check(out: Path) -> dict[str, Any]:
    """Raises where one document of datatrove's is not ours or the other way round, or packing lost an id."""
    merged = Path(place(out, PEER)) / "merged" / "000_all.ds"
    bounds = np.fromfile(merged.with_suffix(".ds.index"), np.uint64).astype(np.int64)
    theirs = documents(np.fromfile(merged, np.uint16), bounds)
    own = sum((documents(*part) for part in megatron(Path(place(out, OURS)))), Counter[bytes]())
    assert own == theirs
    packed = [ids for ids, _ in megatron(Path(place(out, PACKED)))]
    padding = sum(int((ids == END).sum()) for ids in packed) - own.total()
    tokens = sum(len(ids) for ids in packed) - padding
    assert tokens == bounds[-1]
    return {"documents": own.total(), "tokens_with_ends": tokens, "padding_of_best_fit": padding}


def run(runs: int, keep: Path | None = None) -> dict[str, Any]:
    """Figures of all, and what they wrote alike."""
    with workplace(keep) as folder:
        tokenizer = gpt2_file(DATA / "models" / "tokenizers" / "r50k_base.tiktoken", folder)
        out = folder / "out"
        figures = alternated({name: told() for name, told in commands(folder / "corpus", tokenizer, out).items()}, runs)
        return {"machine": machine(), "runs": runs, **check(out), "tools": figures}


def report(found: dict[str, Any]) -> str:
    same = f"{found['documents']:,} documents are the same in both, id for id: {found['tokens_with_ends']:,} tokens, "
    ends = "of which one a document is its end. "
    packed = f"Best fit pads {found['padding_of_best_fit']:,} more.\n"
    return table(found, OURS) + "\n" + same + ends + packed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for corpus and outputs, not deleted")
    told = parser.parse_args()
    found = run(told.runs, told.keep)
    save("tokenise", found, report(found))


if __name__ == "__main__":
    main()
