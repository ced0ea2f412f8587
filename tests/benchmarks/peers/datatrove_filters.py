"""datatrove's Gopher, C4 and FineWeb filters, read to write: SCRIPT CORPUS OUT spacy|split.

Runs in datatrove's environment. Documents that a filter drops are not looked at by the next one.
"""

from __future__ import annotations

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils import word_tokenizers
from split_words import SplitTokenizer

WORKERS, TASKS = 2, 8


def splits(language: str) -> SplitTokenizer:
    """In the place of datatrove's choice of a tokenizer by language; workers are forked and find it there."""
    return SplitTokenizer()


def main(corpus: str, out: str, words: str) -> None:
    if words == "split":
        word_tokenizers.load_word_tokenizer = splits
        from datatrove.utils import text

        text.load_word_tokenizer = splits
    pipeline = [
        JsonlReader(f"{corpus}/jsonl_gz", glob_pattern="*.jsonl.gz"),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
        ParquetWriter(f"{out}/kept", compression="zstd"),
    ]
    LocalPipelineExecutor(pipeline, tasks=TASKS, workers=WORKERS, logging_dir=f"{out}/log", start_method="fork").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
