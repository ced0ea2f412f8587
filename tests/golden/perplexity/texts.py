"""The texts of the golden files: what trained lmplz's model, and the real documents that KenLM scored."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import zstandard

from curation_lib.text.folded_text import folded_text

FOLDER = Path(__file__).parent
TRAINED_ON, ORDER, PRUNE = 40, 4, (0, 0, 1, 1)
SCORED = (("text/english.jsonl.zst", 20), ("text/multilingual.jsonl.zst", 15))


def rows(path: Path) -> list[dict[str, Any]]:
    with io.TextIOWrapper(zstandard.open(path, "rb"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def training_texts(data: Path) -> list[str]:
    """Posts of 18F, CC0-1.0."""
    found = rows(data / "quality/polished_blog.18f.jsonl.zst")[:TRAINED_ON]
    assert {row["license"] for row in found} == {"CC0-1.0"}
    return [row["text"] for row in found]


def scored_documents(data: Path) -> list[tuple[str, str]]:
    """`(id, text)` of every so-manieth document."""
    return [(row["id"], row["text"]) for name, step in SCORED for row in rows(data / name)[::step]]


def folded(texts: list[str]) -> list[str]:
    data, offsets = folded_text(pa.array(texts, pa.large_string()))
    whole = data.tobytes()
    return [whole[a:b].decode() for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
