"""Against KenLM itself (`tests/golden/perplexity`): scores of real documents, and the bytes of its binary."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from curation_lib.core.errors import ConfigError
from curation_lib.text.arpa import Model, parse_arpa
from curation_lib.text.ngram_building import build_model
from curation_lib.text.ngram_files import binary_bytes, load_ngram_model
from curation_lib.text.ngram_model import NgramModel
from curation_lib.text.ngram_scores import score_texts
from curation_lib.text.tokenisations import score_tokenised
from tests.golden.perplexity.texts import FOLDER, scored_documents

TEXTS = ["the team said that it was the first time .", "zzz qqq", "", "we\nare\n\nhere"]


@pytest.fixture(scope="module")
def arpa() -> Model:
    data = zstandard.ZstdDecompressor().decompress((FOLDER / "lmplz.arpa.zst").read_bytes(), 1 << 28)
    return parse_arpa(data, "lmplz.arpa")


@pytest.fixture(scope="module")
def binary(arpa: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "lmplz.bin"
    spelled = [arpa.words.data[a:b].tobytes() for a, b in zip(arpa.words.starts, arpa.words.ends, strict=True)]
    path.write_bytes(binary_bytes(build_model(*arpa), spelled))
    return path


def test_perplexity_of_real_documents_is_kenlms(data: Path) -> None:
    golden = np.load(FOLDER / "kenlm.npz")
    documents = scored_documents(data)
    assert [name for name, _ in documents] == golden["ids"].tolist()
    texts = pa.array([text for _, text in documents], pa.large_string())
    found = score_tokenised(texts, load_ngram_model(str(FOLDER / "lmplz.arpa.zst")), "folded")
    assert found.tokens.tolist() == golden["tokens"].tolist()
    kenlms = 10 ** (-golden["log10"] / golden["tokens"])
    np.testing.assert_allclose(found.perplexity, kenlms, rtol=1e-4)
    assert len(documents) > 2000
    assert found.unknown.sum() > 10_000


def test_the_binary_is_kenlms_byte_for_byte(binary: Path) -> None:
    golden = json.loads((FOLDER / "kenlm.json").read_text())
    assert hashlib.sha256(binary.read_bytes()).hexdigest() == golden["binary_sha256"]


def test_a_binary_says_what_its_arpa_says(arpa: Model, binary: Path) -> None:
    mapped = load_ngram_model(str(binary))
    assert _scores(mapped) == _scores(build_model(*arpa))
    assert isinstance(mapped.memory.base.base, np.memmap)
    remote = load_ngram_model(f"file://{binary}")
    assert _scores(remote) == _scores(mapped)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (slice(50, 51), b"4", "another version or machine"),
        (slice(96, 97), b"\x02", "of type trie"),
        (slice(-1, None), b"", None),
        (slice(5000, None), b"", "its head asks for"),
        (slice(100, None), b"", "another version or machine"),
    ],
)
def test_a_damaged_binary_is_refused(
    binary: Path, tmp_path: Path, place: slice, value: bytes, said: str | None
) -> None:
    whole = bytearray(binary.read_bytes())
    whole[place] = value
    path = tmp_path / "damaged.bin"
    path.write_bytes(whole)
    if said is None:  # the words behind the tables are not read
        assert _scores(load_ngram_model(str(path))) == _scores(load_ngram_model(str(binary)))
        return
    with pytest.raises(ConfigError, match=said):
        load_ngram_model(str(path))


def _scores(model: NgramModel) -> list[float]:
    return score_texts(pa.array(TEXTS, pa.large_string()), model).log10.tolist()
