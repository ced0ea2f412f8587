"""The documents on which our words are held against datatrove's: real texts, long ones cut at a line's end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import zstandard

LONGEST = 3_000
"""Characters of a piece, about a web page's main text."""
SOURCES = (("multilingual", 12), ("english", 1))
"""File of the folder of real data, and how many pieces of each of its documents count."""


def pieces(data: Path) -> Iterator[tuple[str, str]]:
    """`(id, text)` of every piece, in the files' order."""
    for name, most in SOURCES:
        with zstandard.open(data / "text" / f"{name}.jsonl.zst", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                for number, piece in enumerate(cut(row["text"], most)):
                    yield f"{row['id']}-{number}", piece


def cut(text: str, most: int) -> Iterator[str]:
    """At most `most` pieces of at most LONGEST characters, which end with a line where they can."""
    start = 0
    for _ in range(most):
        if start >= len(text):
            return
        end = start + LONGEST
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield text[start:end]
        start = end
