from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.text.character_shingles import character_shingles
from curation_lib.text.minhash import signatures
from curation_lib.text.shingles import shingle_hashes
from curation_lib.text.words import word_hashes
from tests.text import test_character_shingles as characters
from tests.text import test_words as words
from tests.text.reference import real_texts


def oracle(hashes: np.ndarray, count: int, seed: int) -> np.ndarray:
    sketch = MinHash(num_perm=count, seed=seed, scheme="affine32", hashfunc=int)
    sketch.update_batch((hashes >> np.uint64(32)).tolist())
    return sketch.hashvalues


@given(
    st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=11), max_size=4),
    st.integers(1, 130),
    st.integers(0, 2**32 - 1),
)
def test_signatures_equal_datasketch(rows: list[list[int]], count: int, seed: int) -> None:
    flat = np.array([v for row in rows for v in row], np.uint64)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    found = signatures(flat, offsets, count, seed)
    assert found.dtype == np.uint32
    assert found.shape == (len(rows), count)
    for row, signature in zip(rows, found, strict=True):
        assert signature.tolist() == oracle(np.array(row, np.uint64), count, seed).tolist()


def test_signatures_equal_datasketch_on_real_text(data: Path) -> None:
    packed = (data / "dedup" / "perturbed-18f.docs.jsonl.zst").read_bytes()
    lines = io.TextIOWrapper(io.BytesIO(zstandard.ZstdDecompressor().stream_reader(packed).read()), "utf-8")
    texts = [json.loads(line)["text"] for _, line in zip(range(200), lines, strict=False)]
    shingles, offsets = shingle_hashes(*word_hashes(pa.array(texts, pa.large_string())), 5)
    found = signatures(shingles, offsets)
    for n in range(len(texts)):
        assert (found[n] == oracle(shingles[offsets[n] : offsets[n + 1]], 112, 1)).all()


def spelled(text: str, k: int) -> list[int]:
    """Hashes of the k-word shingles in plain Python, from the words on."""
    found = [words.hashed(word) for word in words.words(text)]
    size = min(k, len(found))
    return [shingle(found[i : i + size]) for i in range(len(found) - size + 1 if size else 0)]


def shingle(run: list[int]) -> int:
    h = len(run)
    for word in run:
        h = (h * characters.STEP + word) & characters.MASK
    h = (h ^ h >> 30) * characters.FIRST & characters.MASK
    h = (h ^ h >> 27) * characters.SECOND & characters.MASK
    return h ^ h >> 31


@pytest.mark.parametrize("kind", ["words", "characters"])
def test_signatures_equal_datasketch_on_text_in_many_languages(kind: str, data: Path) -> None:
    texts = [*real_texts(data, 1000, longest=2000)[::3], "", "…", "語"]
    column = pa.array(texts, pa.large_string())
    if kind == "words":
        found = signatures(*shingle_hashes(*word_hashes(column), 5))
        expected = [spelled(text, 5) for text in texts]
    else:
        found = signatures(*character_shingles(column, 24))
        expected = [[characters.hashed(s) for s in characters.shingles(text, 24)] for text in texts]
    assert len({text[:20] for text in texts}) > 50
    for signature, hashes in zip(found, expected, strict=True):
        assert (signature == oracle(np.array(hashes, np.uint64), 112, 1)).all()
