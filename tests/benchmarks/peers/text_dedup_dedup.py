"""text-dedup's MinHash with its check of false positives on: SCRIPT CORPUS OUT. Runs in text-dedup's environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFIG = """
[input]
input_type = "local_files"
file_type = "parquet"
[input.read_arguments]
path = "parquet"
data_files = "{corpus}/parquet/*"
split = "train"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
seed = 42
batch_size = 10000
num_perm = 112
bands = 14
rows = 8
threshold = 0.7
hash_bits = 64
ngram_size = 5
num_proc = 2
check_false_positive = true
[output]
output_dir = "{out}/kept"
clean_cache = false
save_clusters = false
skip_filtering = false
[debug]
enable_profiling = false
"""


def main(corpus: str, out: str) -> None:
    Path(out).mkdir(parents=True, exist_ok=True)
    Path(out, "config.toml").write_text(CONFIG.format(corpus=corpus, out=out))
    environment = {**os.environ, "HF_HOME": f"{out}/hf", "HF_DATASETS_CACHE": f"{out}/hf/datasets"}
    subprocess.run([sys.executable, "-m", "text_dedup.minhash"], env=environment, cwd=out, check=True)


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:]))
