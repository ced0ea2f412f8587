"""How fast texts become tokens: `python -m tests.benchmarks.tokenizers`; writes `results/tokenizers.json` and `.md`.

MB of text per CPU second of one core, best of three rounds by turns over the same texts: `encode` and `count` beside the
library whose ids they are (Hugging Face's `encode_batch_fast`, tiktoken's `encode_to_numpy`, one thread each, tokenizer
loaded), ids equal; `first` is the first pass, in which every piece is new. The tokenizer.json files are made of
tiktoken's vocabularies: GPT-2's own, and one that splits as Llama 3's.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.text.tokenizers.by_library import ROWS, ByLibrary
from curation_lib.text.tokenizers.loading import load_tokenizer
from tests.benchmarks.commands import machine
from tests.benchmarks.decontamination import texts
from tests.benchmarks.results import save
from tests.conftest import ROOT
from tests.text.tokenizers.tokenizer_files import cached_vocabularies, gpt2_file, split_file

ROUNDS = 3
FILES = {"English": "throughput/docs-00.jsonl.zst", "multilingual": "text/multilingual.jsonl.zst"}
AS_LIBRARY = "library"


def run() -> dict[str, Any]:
    """Speeds by tokenizer, texts and way. Raises where one id differs."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    data = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    with tempfile.TemporaryDirectory() as place:
        words = tokenizers(data / "models" / "tokenizers", Path(place))
        columns = {name: [batch.column("text") for batch in texts(data / file)] for name, file in FILES.items()}
        sizes = {name: round(megabytes(some), 1) for name, some in columns.items()}
        speeds = {name: {kind: one_core(word, columns[kind]) for kind in columns} for name, word in words.items()}
    return {"machine": machine(), "rounds": ROUNDS, "megabytes": sizes, "megabytes_per_core_second": speeds}


def tokenizers(vocabularies: Path, place: Path) -> dict[str, str]:
    """What a recipe would write for each."""
    for name in ("cache", "gpt2", "llama3"):
        (place / name).mkdir()
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cached_vocabularies(vocabularies, place / "cache"))
    return {
        "tokenizer.json, GPT-2": gpt2_file(vocabularies / "r50k_base.tiktoken", place / "gpt2"),
        "tokenizer.json, as Llama 3": split_file(vocabularies / "cl100k_base.tiktoken", place / "llama3", "llama3"),
        **{name: name for name in ("tiktoken/r50k_base", "tiktoken/cl100k_base", "tiktoken/o200k_base")},
    }


def one_core(word: str, columns: Sequence[pa.Array]) -> dict[str, float]:
    """MB of text per CPU second by way."""
    tokenizer = load_tokenizer(word)
    assert isinstance(tokenizer, ByLibrary)
    assert tokenizer.pieces
    tokenizer.pieces.forget()
    tokenizer.count(pa.array(["Kernels are loaded."]))
    found: dict[str, Any] = {}
    began = time.process_time()
    for one in columns:
        tokenizer.encode(one)
    seconds = {"first": [time.process_time() - began]}
    strings = [one.slice(a, ROWS).to_pylist() for one in columns for a in range(0, len(one), ROWS)]
    ways: dict[str, Callable[[], Any]] = {
        "encode": lambda: np.concatenate([tokenizer.encode(one).ids for one in columns]),
        "count": lambda: np.concatenate([tokenizer.count(one) for one in columns]),
        AS_LIBRARY: lambda: [ids for some in strings for ids in tokenizer.by_library(some)],
    }
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            found[name] = way()
            seconds.setdefault(name, []).append(time.process_time() - began)
    ids = found[AS_LIBRARY]
    assert np.array_equal(np.concatenate(ids), found["encode"])
    assert np.array_equal([len(one) for one in ids], found["count"])
    return {name: round(megabytes(columns) / min(some), 1) for name, some in seconds.items()}


def megabytes(columns: Sequence[pa.Array]) -> float:
    """UTF-8."""
    return sum(len(text.encode()) for one in columns for text in one.to_pylist()) / 1e6


def report(found: dict[str, Any]) -> str:
    lines = [
        f"{found['machine']}; MB of UTF-8 text per CPU second of one core; ids equal bit for bit.\n",
        "| tokenizer | text | encode | count | first pass | its library | encode / library |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for name, kinds in found["megabytes_per_core_second"].items():
        for kind, of in kinds.items():
            cells = [of["encode"], of["count"], of["first"], of[AS_LIBRARY]]
            ratio = of["encode"] / of[AS_LIBRARY]
            lines.append(f"| {name} | {kind} | {' | '.join(map(str, cells))} | {ratio:.1f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    found = run()
    save("tokenizers", found, report(found))


if __name__ == "__main__":
    main()
