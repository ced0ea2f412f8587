"""What children copy from their sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from curation_lib.synthetic.generated_rows import Child
from curation_lib.text.buffers import joined
from curation_lib.text.pair_overlap import Runs, common_runs, ngram_overlap
from curation_lib.text.word_spans import word_spans

NGRAM = 5
QUOTED = 80
"""Characters of the copied run that the ledger shows."""
_FENCED = re.compile(r"^```.*?^```[^\n]*$", re.M | re.S)


def overlaps(found: Sequence[Child]) -> dict[str, list[Any]]:
    """Scores of copying, with the longest copied run. Of the text without fenced code, which a form may quote, unless
    that is all there is."""
    told = [_FENCED.sub("\n", child.text) for child in found]
    whole = [text if text.strip() else child.text for text, child in zip(told, found, strict=True)]
    texts = joined([text.encode() for text in whole], pa.large_string())
    sources = joined([child.source.encode() for child in found], pa.large_string())
    overlap, runs = ngram_overlap(texts, sources, NGRAM), common_runs(texts, sources)
    lengths, words = runs.lengths.tolist(), runs.words.tolist()
    return {
        "novelty": overlap.novelty.tolist(),
        "source_similarity": overlap.similarity.tolist(),
        "copied_words": lengths,
        "copied_share": [run / count if count else 0.0 for run, count in zip(lengths, words, strict=True)],
        "said_copied": _quoted(texts, runs),
    }


def _quoted(texts: pa.Array, runs: Runs) -> list[str | None]:
    """The longest run of each text, as written, and how many words it has."""
    starts, _, _, offsets = word_spans(texts)
    said: list[str | None] = []
    for row, (length, first) in enumerate(zip(runs.lengths.tolist(), runs.firsts.tolist(), strict=True)):
        at = offsets[row] + first
        end = starts[at + length] if at + length < offsets[row + 1] else None
        run = " ".join(texts[row].as_py().encode()[starts[at] : end].decode().split()) if length else ""
        more = "…" if len(run) > QUOTED else ""
        said.append(f"{length} of {runs.words[row]} words: {run[:QUOTED]}{more}" if length else None)
    return said
