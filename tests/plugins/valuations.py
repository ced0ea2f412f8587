"""A valuation that trains in seconds: words of one kind as base, of another as candidate and target."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = {
    "base": ["holiday", "sunshine", "picnic", "friend", "garden", "summer", "river", "music"],
    "code": ["kernel", "buffer", "offset", "register", "matrix", "vector", "pointer", "stack"],
}
VALUATION = """
valuation: {name}
description: Is code worth it to a model of holidays?
base: {{paths: "{inputs}/base.jsonl"}}
candidates: {{code: {{paths: "{inputs}/code.jsonl"}}}}
targets: {{code: {{paths: "{inputs}/target.jsonl", documents: 24, max_bytes: 400}}}}
tokenizer: {{train: 300, megabytes: 1}}
model: {{hidden: 32, layers: 1, heads: 2, sequence_length: 32}}
optimisation: {{batch_tokens: 256, warmup_tokens: 256, learning_rate: 0.01, checkpoint_tokens: {checkpoint}}}
trunk_tokens: {trunk}
anneal_tokens: {anneal}
shares: [0.3]
seeds: {seeds}
negative: false
max_epochs: 10000
measured: {{documents: 12, max_bytes: 400}}
verdict: {{draws: 200, guard_limit: 1, alpha: 0.05}}
"""


def write_documents(folder: Path) -> None:
    """`base.jsonl`, `code.jsonl` and `target.jsonl`: sentences of a dozen words, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, kind, rows, step in (("base", "base", 400, 3), ("code", "code", 200, 5), ("target", "code", 40, 7)):
        words = WORDS[kind]
        texts = [" ".join(words[(n * step + k) % len(words)] for k in range(12)) + f" {step}{n}" for n in range(rows)]
        lines = (json.dumps({"id": f"{file}-{n}", "text": text}) for n, text in enumerate(texts))
        (folder / f"{file}.jsonl").write_text("\n".join(lines) + "\n")


def write_valuation(
    folder: Path, inputs: Path, name: str = "tiny", seeds: int = 3, trunk: int = 4096, anneal: int = 4096,
    checkpoint: int | str = "null",
) -> Path:  # fmt: skip
    """`<folder>/<name>.yaml` over documents in `inputs`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    sizes = {"seeds": seeds, "trunk": trunk, "anneal": anneal, "checkpoint": checkpoint}
    path.write_text(VALUATION.format(name=name, inputs=inputs, **sizes))
    return path
