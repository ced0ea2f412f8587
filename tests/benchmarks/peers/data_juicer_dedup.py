"""Data-Juicer's MinHash deduplicator, read to write: SCRIPT CORPUS OUT. Runs in Data-Juicer's environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

OPERATOR = {
    "tokenization": "space", "window_size": 5, "lowercase": True, "ignore_pattern": "\\p{P}",
    "num_permutations": 112, "num_bands": 14, "num_rows_per_band": 8,
}  # fmt: skip


def main(corpus: str, out: str) -> None:
    Path(out).mkdir(parents=True, exist_ok=True)
    config = {
        "project_name": "bench", "dataset_path": f"{corpus}/jsonl_gz", "export_path": f"{out}/kept.parquet",
        "export_type": "parquet", "work_dir": f"{out}/work", "np": 2, "use_cache": False, "text_keys": "text",
        "open_tracer": False, "process": [{"document_minhash_deduplicator": OPERATOR}],
    }  # fmt: skip
    Path(out, "recipe.yaml").write_text(json.dumps(config))  # JSON is YAML
    places = {"HF_HOME": f"{out}/hf", "TMPDIR": out, "DATA_JUICER_CACHE_HOME": f"{out}/cache"}
    process = Path(sys.executable).with_name("dj-process")
    subprocess.run([str(process), "--config", f"{out}/recipe.yaml"], env={**os.environ, **places}, check=True)


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:]))
