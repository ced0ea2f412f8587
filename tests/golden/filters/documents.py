"""The real documents of the dialects' golden scores: 21,181, half of them from translated manuals.

Only their ids and scores are kept here; the documents are read from the folder of real data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import zstandard

LONGEST = 3000
"""Characters of a document that are judged: one peer's word splitter reads 0.1 MB a second."""
EVERY = {"multilingual": 1, "english": 4}


def golden_documents(data: Path) -> Iterator[tuple[str, str, str]]:
    """`(id, language hint, text)` of each document, in order."""
    for name, every in EVERY.items():
        with zstandard.open(data / "text" / f"{name}.jsonl.zst", "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number % every == 0:
                    row = json.loads(line)
                    yield row["id"], row["lang_hint"], row["text"][:LONGEST]
