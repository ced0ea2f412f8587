"""Data-Juicer's MinHash deduplicator, read to write: SCRIPT CORPUS OUT. Runs in Data-Juicer's environment."""

from __future__ import annotations

import os
import sys

from data_juicer import run

OPERATOR = {
    "tokenization": "space", "window_size": 5, "lowercase": True, "ignore_pattern": "\\p{P}",
    "num_permutations": 112, "num_bands": 14, "num_rows_per_band": 8,
}  # fmt: skip


def main(corpus: str, out: str) -> None:
    run(corpus, out, [{"document_minhash_deduplicator": OPERATOR}])


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:]))
