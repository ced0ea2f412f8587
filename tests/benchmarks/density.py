"""MB of text per second of one core that `filters.density` reads: `python -m tests.benchmarks.density`.

The English texts; `kernel` counts, `measure` also makes the columns of scores. Writes `results/density.json`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa

from curation_lib.core.stage import Context
from curation_lib.filters.density import STAGE, DensityConfig, load
from curation_lib.text.density_counts import density_counts
from tests.benchmarks.commands import machine
from tests.benchmarks.decontamination import best, texts
from tests.benchmarks.results import RESULTS
from tests.conftest import ROOT


def main() -> None:
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    batches = [
        batch.append_column("doc_id", pa.array([f"{n:032x}" for n in range(batch.num_rows)]))
        for batch in texts(folder / "text" / "english.jsonl.zst")
    ]
    size = sum(batch.column("text").nbytes - 8 * (batch.num_rows + 1) for batch in batches) / 1e6
    config = DensityConfig()
    loaded = load(config)
    known = loaded.model
    kernel = best(batches, lambda b: density_counts(b.column("text"), known.lexicon, known.costs))
    whole = best(batches, lambda b: STAGE.measure(b, config, Context(loaded)))
    speed = {"kernel": round(size / kernel, 1), "measure": round(size / whole, 1)}
    found = {"machine": machine(), "megabytes": round(size, 1), "megabytes_per_second": speed}
    (RESULTS / "density.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
