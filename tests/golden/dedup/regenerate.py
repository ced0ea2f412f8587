"""Writes this folder's expected outcomes from `texts` and `threshold` in them, by the plain-Python references of
tests/text/test_embedding.py and tests/dedup. Run by hand, from the root: `python -m tests.golden.dedup.regenerate`.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from curation_lib.text.words import word_hashes
from tests.dedup.semantic_reference import judged
from tests.text.test_embedding import reference

HERE = Path(__file__).parent


def semantic() -> None:
    """Every pair is compared: cells miss none of these."""
    path = HERE / "semantic.json"
    golden = json.loads(path.read_text())
    texts = golden["texts"]
    words, offsets = word_hashes(pa.array(list(texts.values()), pa.large_string()))
    made = [reference(words[a:b].tolist(), 10**6) for a, b in pairwise(offsets.tolist())]
    vectors = {doc: vector for doc, vector in zip(texts, made, strict=True) if any(vector)}
    order = sorted(vectors, key=lambda doc: (-len(texts[doc].encode()), doc))
    dropped = judged(order, vectors, {doc: set(vectors) - {doc} for doc in vectors}, golden["threshold"])
    golden["kept"] = [doc for doc in texts if doc not in dropped]
    golden["dropped"] = {doc: ["semantic_duplicate", *drop] for doc, drop in dropped.items()}
    golden["vectors"] = {doc: vector[:16] for doc, vector in vectors.items()}
    path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    semantic()
