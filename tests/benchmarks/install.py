"""Peers in environments of their own, all or some: `python -m tests.benchmarks.install [--only PEER]`. They go to
$WINNOW_PEERS (.peers)."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ.get("WINNOW_PEERS", ".peers")).resolve()
PEERS = {
    "datatrove": ("3.11", ["datatrove[io,processing]==0.10.1", "spacy", "aiohttp", "requests", "faust-cchardet",
                           "python-magic", "zstandard", "orjson"]),
    "data_juicer": ("3.11", ["py-data-juicer==1.6.1", "aiohttp"]),
    "text_dedup": ("3.12", ["text-dedup==0.4.1"]),
    "dolma": ("3.11", ["dolma==1.2.1"]),
    "nemo_curator": ("3.11", ["nemo-curator==1.4.0", "numpy", "regex", "loguru", "pyarrow"]),
}  # fmt: skip
"""Version of Python and packages of each peer. All are compiled to bytecode: without it every start compiles again."""
ALONE = {"nemo_curator"}
"""Installed without what it depends on: Ray and CUDA, which the filters do without."""


def python(peer: str) -> Path:
    """The peer's interpreter; RuntimeError where it is not installed."""
    found = HOME / peer / "bin" / "python"
    if not found.exists():
        raise RuntimeError(f"{peer} is not installed in {HOME}; run python -m tests.benchmarks.install")
    return found


def main() -> None:
    """Install what is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=PEERS, action="append", help="a peer; repeatable  [all]")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    for peer in parser.parse_args().only or PEERS:
        (version, packages), folder = PEERS[peer], HOME / peer
        if not folder.exists():
            interpreter = os.environ.get(f"PYTHON{version.replace('.', '')}", version)
            subprocess.run([uv, "venv", "--quiet", "--python", interpreter, str(folder)], check=True)
            install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder / "bin/python")]
            subprocess.run([*install, *(["--no-deps"] if peer in ALONE else []), *packages], check=True)


if __name__ == "__main__":
    main()
