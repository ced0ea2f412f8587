"""datatrove's tokenisation with a global shuffle, read to write: SCRIPT CORPUS OUT TOKENIZER.

Runs in datatrove's environment. Documents are tokenised, each with an end behind it, and shuffled within each task, then
merged in random order. Its shuffle of windows, which is what it has for packing, would add 0.3 s.
"""

from __future__ import annotations

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer, DocumentTokenizerMerger

WORKERS = 2


def main(corpus: str, out: str, tokenizer: str) -> None:
    reader = JsonlReader(f"{corpus}/jsonl_gz", glob_pattern="*.jsonl.gz")
    tokenise = DocumentTokenizer(f"{out}/parts", tokenizer, eos_token="<|endoftext|>", seed=0)
    merge = DocumentTokenizerMerger(f"{out}/parts", f"{out}/merged", "all", seed=0, progress=False)
    for name, pipeline, tasks in (("tokenise", [reader, tokenise], WORKERS), ("merge", [merge], 1)):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=tasks, logging_dir=f"{out}/log/{name}").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
