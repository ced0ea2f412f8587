"""What a run of `dedup.semantic` came to, and rows to run it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import zstandard


def found(outcome: Any) -> dict[str, tuple[str, float]]:
    return {doc: (twin, score) for doc, (_, twin, score) in outcome.dropped().items()}


def load(path: Path) -> list[dict[str, Any]]:
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().decode()
    return [json.loads(line) for line in text.split("\n") if line]
