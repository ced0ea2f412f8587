"""Model recipes over a few documents of words, for the tests of the training DAG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = {
    "positive": ["kernel", "buffer", "offset", "register", "matrix", "vector"],
    "negative": ["holiday", "sunshine", "picnic", "friend", "garden", "summer"],
}
RECIPE = """
name: {name}
description: Tells manuals from holidays.
trains: classifier
inputs:
  positive: ["{inputs}/positive.jsonl"]
  negative: "{inputs}/negative.jsonl"
settings: {{bucket: 100, dim: 4, epoch: 20, lr: 0.5}}
license: CC0-1.0
airflow: {{schedule: {schedule}, owner: labels-team, tags: [labels], retries: 3, retry_delay_seconds: 7}}
"""


def write_documents(folder: Path, rows: int = 20, shift: int = 0) -> None:
    """`positive.jsonl` and `negative.jsonl` of `rows` documents each; another `shift` gives other documents."""
    folder.mkdir(parents=True, exist_ok=True)
    for label, words in WORDS.items():
        texts = [
            " ".join(words[(n * 7 + k * (n % 5 + 1) + shift) % len(words)] for k in range(6)) + f" {shift} {n}"
            for n in range(rows)
        ]
        lines = (json.dumps({"id": f"{label}-{n}", "text": text}) for n, text in enumerate(texts))
        (folder / f"{label}.jsonl").write_text("\n".join(lines) + "\n")


def write_model_recipe(folder: Path, inputs: Path, name: str = "manuals", schedule: Any = "null") -> Path:
    """`<folder>/<name>.yaml` over documents in `inputs`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(RECIPE.format(name=name, inputs=inputs, schedule=schedule))
    return path
