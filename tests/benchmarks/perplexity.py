"""MB of text per second of one core that `filters.perplexity` and `filters.coherence` read:
`python -m tests.benchmarks.perplexity [--keep FOLDER] [--kenlm PYTHON]`.

Models of order 5, trained on three quarters of the English texts, pruned as by default and not at all, read the last
quarter. `kernel` is the scoring of folded text alone, `measure` the whole of the filter. With an interpreter that has
the `kenlm` package its Python binding reads the same folded lines under the same model. Writes `results/perplexity.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.stage import Context
from curation_lib.filters import coherence as coherent
from curation_lib.filters import perplexity as surprising
from curation_lib.runner.parts import BATCH_ROWS
from curation_lib.text.coherence import coherence
from curation_lib.text.folded_text import folded_text
from curation_lib.text.ngram_files import MODEL_FILE
from curation_lib.text.ngram_scores import score_bytes
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity
from tests.benchmarks.decontamination import best
from tests.conftest import ROOT
from tests.filters.judging import documents
from tests.golden.perplexity.texts import rows

RESULT = Path(__file__).with_name("results") / "perplexity.json"
PRUNED: dict[str, tuple[int, ...]] = {"pruned": (0, 0, 0, 1), "whole": (0,)}
KENLM = """
import json, sys, time, kenlm
model = kenlm.Model(sys.argv[1])
texts = [json.loads(line) for line in sys.stdin]
seconds = []
for _ in range(3):
    began = time.process_time()
    for text in texts:
        total = sum(model.score(line) for line in text.split("\\n"))
    seconds.append(time.process_time() - began)
print(min(seconds))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--kenlm")
    given = parser.parse_args()
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    texts = [row["text"] for row in rows(folder / "text" / "english.jsonl.zst")]
    read = [text for n, text in enumerate(texts) if n % 4 == 0]
    batch = documents(*read, language=["en"] * len(read))
    batches = pa.Table.from_batches([batch]).to_batches(BATCH_ROWS)
    size = sum(len(text.encode()) for text in read) / 1e6
    found: dict[str, Any] = {"megabytes": round(size, 1), "coherence": _coherence(batches, size)}
    with tempfile.TemporaryDirectory() as new:
        for name, prune in PRUNED.items():
            model = trained(Path(given.keep or new) / name, [t for n, t in enumerate(texts) if n % 4], prune)
            found[f"perplexity, {name}"] = _perplexity(model, batches, size, given.kenlm)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


def trained(folder: Path, texts: list[str], prune: tuple[int, ...]) -> Path:
    """A model of order 5 in `folder`, which stays where it is there already."""
    if not (folder / "manifest.json").exists():
        settings = PerplexityTraining(order=5, prune=prune, held_out=0)
        train_perplexity([documents(*texts)], folder, "benchmark", "unknown", settings)
    return folder


def _coherence(batches: list[pa.RecordBatch], size: float) -> dict[str, int]:
    config = coherent.CoherenceConfig()
    kernel = best(batches, lambda b: coherence(b.column("text")))
    whole = best(batches, lambda b: coherent.STAGE.measure(b, config, Context()))
    return {"kernel": round(size / kernel), "measure": round(size / whole)}


def _perplexity(folder: Path, batches: list[pa.RecordBatch], size: float, kenlm: str | None) -> dict[str, Any]:
    config = surprising.PerplexityConfig.model_validate({"models": {"en": str(folder)}, "max_perplexity": 1000})
    readers = surprising.load(config)
    folded = [folded_text(b.column("text")) for b in batches]
    kernel = best(folded, lambda one: score_bytes(*one, readers["en"].model))  # type: ignore[arg-type, misc]
    whole = best(batches, lambda b: surprising.STAGE.measure(b, config, Context(readers)))
    out: dict[str, Any] = {"model_mb": round((folder / MODEL_FILE).stat().st_size / 1e6)}
    out |= {"kernel": round(size / kernel, 1), "measure": round(size / whole, 1)}
    if kenlm:
        out["kenlm"] = round(size / _kenlm(kenlm, folder / MODEL_FILE, folded), 1)
    return out


def _kenlm(python: str, model: Path, folded: list[Any]) -> float:
    texts = [
        data[a:b].tobytes().decode()
        for data, offsets in folded
        for a, b in np.column_stack([offsets[:-1], offsets[1:]]).tolist()
    ]
    sent = "".join(json.dumps(text) + "\n" for text in texts).encode()
    said = subprocess.run([python, "-c", KENLM, str(model)], input=sent, capture_output=True, check=True).stdout
    return float(said)


if __name__ == "__main__":
    main()
