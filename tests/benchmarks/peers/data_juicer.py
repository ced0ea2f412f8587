"""Data-Juicer, read to write, in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def run(corpus: str, out: str, operators: Sequence[dict[str, Any]], **settings: Any) -> None:
    """`operators` over the JSON lines of `corpus`, with two processes; all that it writes lies below `out`."""
    Path(out).mkdir(parents=True, exist_ok=True)
    config = {
        "project_name": "bench", "dataset_path": f"{corpus}/jsonl_gz", "export_path": f"{out}/kept.parquet",
        "export_type": "parquet", "work_dir": f"{out}/work", "np": 2, "use_cache": False, "text_keys": "text",
        "open_tracer": False, "process": operators, **settings,
    }  # fmt: skip
    Path(out, "recipe.yaml").write_text(json.dumps(config))  # JSON is YAML
    places = {"HF_HOME": f"{out}/hf", "TMPDIR": out, "DATA_JUICER_CACHE_HOME": f"{out}/cache"}
    process = Path(sys.executable).with_name("dj-process")
    subprocess.run([str(process), "--config", f"{out}/recipe.yaml"], env={**os.environ, **places}, check=True)
