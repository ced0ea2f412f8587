"""Dolma's Gopher and C4 taggers over every document, then its mixer: SCRIPT CORPUS OUT.

Runs in Dolma's environment. The mixer writes gzip, the only codec it has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LIMITS = {
    "gopher_v2__word_count": "< 50",
    "gopher_v2__fraction_of_characters_in_duplicate_5grams": "> 0.15",
    "c4_v2__has_curly_brace": "> 0",
}


def main(corpus: str, out: str) -> None:
    documents = Path(out, "documents")
    documents.mkdir(parents=True)
    for file in sorted(Path(corpus, "jsonl_gz").glob("*.gz")):
        documents.joinpath(file.name).symlink_to(file)
    dolma, files = str(Path(sys.executable).with_name("dolma")), f"{documents}/*.gz"
    told = ["tag", "--documents", files, "--experiment", "q", "--taggers", "gopher_v2", "c4_v2", "--processes", "2"]
    subprocess.run([dolma, *told], check=True)
    drop = [f"$@.attributes[?(@.q__{name} && @.q__{name}[0][2] {limit})]" for name, limit in LIMITS.items()]
    stream = {
        "name": "kept", "documents": [files], "attributes": ["q"], "filter": {"include": [], "exclude": drop},
        "output": {"path": f"{out}/kept", "max_size_in_bytes": 10**9},
    }  # fmt: skip
    Path(out, "mix.json").write_text(json.dumps({"streams": [stream], "processes": 2}))
    subprocess.run([dolma, "-c", f"{out}/mix.json", "mix"], check=True)


if __name__ == "__main__":
    main(*map(os.path.abspath, sys.argv[1:]))
