"""Test sets whose topic or format is known by what they are; none of them trained a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

SHORTEST = 200
"""Characters: on less nobody could say what a text is."""


class DomainSet(NamedTuple):
    """Texts of one source. None where the source does not say what they are about, or of what kind."""

    name: str
    topic: str | None
    format: str | None
    texts: list[str]


def domain_sets(data: Path) -> list[DomainSet]:
    """The sets below the folder of test data."""
    return [DomainSet(*row) for row in _sets(data)]


def _sets(data: Path) -> Iterator[tuple[str, str | None, str | None, list[str]]]:
    for name, topic, kind, file, columns in (
        ("openstax", "mathematics", "textbook", "quality/dense_textbook.openstax", ["text"]),
        ("powershell", "software", "reference", "quality/dense_reference.powershell", ["text"]),
        ("mtlynch", None, "blog", "quality/anecdotal_blog.mtlynch", ["text"]),
        ("18f", None, "blog", "quality/polished_blog.18f", ["text"]),
        ("spdx", "law", "legal", "licenses/spdx", ["text"]),
        ("news pages", None, "news", "html_gold/scrapinghub-aeb.gold", ["articleBody"]),
        ("fables", "literature", "fiction", "bench/bigbench/understanding_fables", ["input"]),
        ("gsm8k", "mathematics", None, "bench/gsm8k/test", ["question", "answer"]),
    ):
        rows = read(data / f"{file}.jsonl.zst")
        found = ["\n\n".join(str(row[column]) for column in columns) for row in rows]
        yield name, topic, kind, [text for text in found if len(text) >= SHORTEST]


def read(path: Path) -> list[dict[str, Any]]:
    raw = zstandard.decompress(path.read_bytes(), max_output_size=1 << 28)
    return [json.loads(line) for line in raw.splitlines()]
