"""Makes the golden files with KenLM: `python -m tests.golden.perplexity.regenerate DATA LMPLZ BUILD_BINARY PYTHON`.

DATA is the folder of real data; the next two are KenLM's programs (built from its PyPI archive, 0.3.0); PYTHON is an
interpreter that has the `kenlm` package. `lmplz.arpa.zst` is lmplz's model of 40 posts, `kenlm.npz` what KenLM says of
2,200 documents by it, `kenlm.json` the hash of the binary that KenLM makes of it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import zstandard

from tests.golden.perplexity.texts import FOLDER, ORDER, PRUNE, folded, scored_documents, training_texts

SCORE = """
import json, sys, kenlm
model = kenlm.Model(sys.argv[1])
for line in sys.stdin:
    lines = [one for one in json.loads(line).split("\\n") if one] or [""]
    print(sum(model.score(one) for one in lines), sum(len(one.encode().split()) + 1 for one in lines))
"""


def main(data: Path, lmplz: str, build_binary: str, python: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        arpa, binary = Path(folder, "lmplz.arpa"), Path(folder, "lmplz.bin")
        text = "\n".join(folded(training_texts(data))) + "\n"
        command = [lmplz, "-o", str(ORDER), "-S", "1G", "--prune", *map(str, PRUNE)]
        arpa.write_bytes(subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout)
        subprocess.run([build_binary, "probing", str(arpa), str(binary)], capture_output=True, check=True)
        (FOLDER / "lmplz.arpa.zst").write_bytes(zstandard.ZstdCompressor(19).compress(arpa.read_bytes()))
        sha256 = hashlib.sha256(binary.read_bytes()).hexdigest()
        (FOLDER / "kenlm.json").write_text(json.dumps({"kenlm": "0.3.0", "binary_sha256": sha256}) + "\n")
        documents = scored_documents(data)
        sent = "".join(json.dumps(one) + "\n" for one in folded([text for _, text in documents]))
        said = subprocess.run(
            [python, "-c", SCORE, str(binary)], input=sent.encode(), capture_output=True, check=True
        ).stdout
    scores = np.array([line.split() for line in said.decode().splitlines()], np.float64)
    ids = np.array([name for name, _ in documents])
    np.savez_compressed(FOLDER / "kenlm.npz", ids=ids, log10=scores[:, 0], tokens=scores[:, 1].astype(np.int64))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
