"""datatrove's near-dedup with FineWeb's settings, read to write: SCRIPT CORPUS OUT spacy|split.

Runs in datatrove's environment. `split` replaces its spaCy words, most of its cost, by `str.split`.
"""

from __future__ import annotations

import sys
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.hashing import HashConfig
from split_words import SplitTokenizer

WORKERS, TASKS = 2, 8


def main(corpus: str, out: str, words: str) -> None:
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(precision=64))
    language: Any = "eng" if words == "spacy" else SplitTokenizer()
    reader = lambda: JsonlReader(f"{corpus}/jsonl_gz", glob_pattern="*.jsonl.gz")  # noqa: E731
    steps = {
        "signatures": ([reader(), MinhashDedupSignature(f"{out}/signatures", config=config, language=language)], TASKS),
        "buckets": ([MinhashDedupBuckets(f"{out}/signatures", f"{out}/buckets", config=config)], config.num_buckets),
        "clusters": ([MinhashDedupCluster(f"{out}/buckets", f"{out}/remove", config=config)], 1),
        "filter": (
            [reader(), MinhashDedupFilter(f"{out}/remove"), ParquetWriter(f"{out}/kept", compression="zstd")],
            TASKS,
        ),
    }
    for name, (pipeline, tasks) in steps.items():
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(WORKERS, tasks), logging_dir=f"{out}/log/{name}").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
