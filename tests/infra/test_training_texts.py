"""What trains the shipped density model: licences, origins, and no thirteen words of a test set."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from curation_lib.text.density_scores import density_scores, load_density
from curation_lib.training.density_fit import rank_correlation
from infra.local.demo_fetch import default_cache
from infra.training.documents import LONGEST, SHORTEST, pieces
from infra.training.inputs import DENSITY, main, write_inputs
from infra.training.spec import Texts, load_spec

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "curation_lib" / "text" / "density_model"
PAIRS = ROOT / "tests" / "golden" / "density" / "pairs.jsonl"
FREE = {
    "AGPL-3.0-or-later", "Apache-2.0", "BSD-3-Clause", "CC-BY-SA-3.0", "GFDL-1.2-or-later", "GFDL-1.3-or-later",
    "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later", "MIT", "MIT OR Apache-2.0", "PSF-2.0",
    "PostgreSQL", "blessing", "public-domain",
}  # fmt: skip
"""Allow commercial use, without condition on who or what for."""
TESTED = ("mtlynch", "powershell", "microsoftdocs", "openstax", "osbooks", "18f", "wikipedia", "ethereum", "eips")
"""Repositories and hosts of quality/ and of the pairs."""


@pytest.fixture(scope="module")
def sources() -> list[Texts]:
    return load_spec(DENSITY).sources


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MODEL / "manifest.json").read_bytes())
    return found


def test_every_licence_is_free_and_allows_commercial_use(sources: list[Texts], manifest: dict[str, Any]) -> None:
    assert {source.license for source in sources} <= FREE
    assert {licence for one in manifest["data"] for licence in one["licenses"]} <= FREE
    assert not [one for one in FREE if re.search(r"\bNC\b|non-?commercial|\bND\b", one, re.I)]


def test_no_source_is_a_test_set(sources: list[Texts]) -> None:
    for source in sources:
        named = " ".join((source.name, source.package, source.filename, source.members)).lower()
        assert not [word for word in TESTED if word in named], source.name


def test_the_shipped_model_learnt_from_these_sources(sources: list[Texts], manifest: dict[str, Any]) -> None:
    listed = {(source.label, source.file or source.name) for source in sources}
    assert {(one["label"], one["name"]) for one in manifest["data"]} == listed
    licences: dict[str, set[str]] = {}
    for source in sources:
        licences.setdefault(source.file or source.name, set()).add(source.license)
    assert {one["name"]: set(one["licenses"]) for one in manifest["data"]} == licences


def test_pieces_have_the_lengths_of_a_hash_and_lose_nothing_but_an_end() -> None:
    text = "\n\n".join(f"Paragraph {n} says something of {n * n} things in one line." for n in range(2000))
    found = list(pieces(iter([text]), "a"))
    assert text.startswith("\n\n".join(found))
    assert SHORTEST <= min(map(len, found)) < max(map(len, found)) <= LONGEST + 100
    assert len({len(piece) // 1000 for piece in found}) > 4
    assert list(pieces(iter([text]), "b")) != found


@pytest.mark.parametrize(
    ("text", "said"), [("a: [1", "is no YAML"), ("", "the file: "), ("a: 1", "max_bytes_per_source: ")]
)
def test_a_list_that_is_none_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "list.yaml").write_text(text)
    assert main(["--into", str(tmp_path / "into"), "--list", str(tmp_path / "list.yaml")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def grams(text: str) -> Iterator[str]:
    words = re.findall(r"\w+", text.lower())
    return (" ".join(words[n : n + 13]) for n in range(len(words) - 12))


def rows(path: Path) -> list[dict[str, str]]:
    raw = zstandard.decompress(path.read_bytes(), max_output_size=1 << 27)
    return [json.loads(line) for line in raw.splitlines()]


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Rows by label and name: fetched (480 MB of packages, from the cache where they are there) unless
    WINNOW_TRAINING_TEXTS has them."""
    given = os.environ.get("WINNOW_TRAINING_TEXTS")
    paths = write_inputs(Path(given) if given else tmp_path_factory.mktemp("texts"), default_cache())
    return {(path.parent.name, path.name.partition(".")[0]): rows(path) for path in paths}


@pytest.mark.long
def test_no_training_document_shares_thirteen_words_with_a_test_set(
    fetched: dict[tuple[str, str], list[dict[str, str]]], data: Path, manifest: dict[str, Any]
) -> None:
    """And they are what the shipped model learnt from."""
    tested = {g for path in sorted((data / "quality").glob("*.zst")) for row in rows(path) for g in grams(row["text"])}
    for line in PAIRS.read_text().splitlines():
        tested |= {g for member in ("plain", "padded") for g in grams(json.loads(line)[member])}
    assert {key: len({row["text"] for row in texts}) for key, texts in fetched.items()} == {
        (one["label"], one["name"]): one["documents"] for one in manifest["data"]
    }
    assert not [row["id"] for texts in fetched.values() for row in texts if not tested.isdisjoint(grams(row["text"]))]


@pytest.mark.long
def test_score_and_length_of_the_training_texts_correlate_as_training_was_told(
    fetched: dict[tuple[str, str], list[dict[str, str]]], manifest: dict[str, Any]
) -> None:
    """Within 0.01: in training each text is read by the words of other sources."""
    texts = sorted({row["text"] for found in fetched.values() for row in found})
    scores, _ = density_scores(pa.array(texts, pa.large_string()), load_density(None).model)
    found = rank_correlation(scores, np.array([float(len(text.encode())) for text in texts]))
    assert found == pytest.approx(manifest["settings"]["length_correlation"], abs=0.01)
