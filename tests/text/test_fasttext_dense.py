"""A model held as arrays scores as fastText's own code does, to the bit."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.text.fasttext_scores import AHEAD
from curation_lib.text.label_scores import Classifier, label_scores, library_model, load_classifier

WORDS = ["river", "Ufer", "語", "naïve", "a", "§", "market,", "x" * 300]
ODD = ["</s>", "</s", "__label__one", "__label__none", "__label__", "__label", "unknown", "\x00", "\t", "\u2028", "\n"]
LINES = [
    f"__label__{label} {' '.join(WORDS[(k * step + n) % len(WORDS)] for k in range(1 + n))}"
    for label, step in (("one", 1), ("two", 3), ("three", 5))
    for n in range(12)
]
SETTINGS: dict[str, dict[str, Any]] = {
    "unigrams": {"dim": 7},
    "bigrams": {"dim": 100, "wordNgrams": 2, "bucket": 1000},
    "four-grams": {"dim": 16, "wordNgrams": 4, "bucket": 77},
    "no end": {"dim": 5, "wordNgrams": 2, "bucket": 10, "minCount": 40},
}
OTHERS: dict[str, dict[str, Any]] = {
    "hierarchical": {"loss": "hs"},
    "one against all": {"loss": "ova"},
    "pieces": {"minn": 2, "maxn": 3, "bucket": 50},
}


def trained(path: Path, **asked: Any) -> Path:
    lines = path.with_suffix(".txt")
    lines.write_text("\n".join(LINES) + "\n")
    told = {"epoch": 20, "lr": 0.5, "minCount": 1, "thread": 1, "verbose": 0, **asked}
    fasttext.train_supervised(str(lines), **told).save_model(str(path))
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("dense")
    return {name: trained(folder / f"{name}.bin", **asked) for name, asked in SETTINGS.items()}


def of_library(model: Classifier, path: Path, texts: Sequence[str]) -> Any:
    theirs = Classifier(None, library_model(path), model.labels, model.form)
    return label_scores(pa.array(texts, pa.large_string()), theirs, model.labels)


def assert_as_library(path: Path, texts: Sequence[str]) -> Any:
    model = load_classifier(path, "lines")
    assert model.dense is not None
    found = label_scores(pa.array(texts, pa.large_string()), model, model.labels)
    assert found.tobytes() == of_library(model, path, texts).tobytes()
    return found


@given(st.lists(st.lists(st.one_of(st.sampled_from(WORDS + ODD), st.text(max_size=5)), max_size=40), max_size=4))
def test_scores_of_any_words(models: dict[str, Path], texts: list[list[str]]) -> None:
    for path in models.values():
        assert_as_library(path, [" ".join(words) for words in texts])


@pytest.mark.parametrize("name", SETTINGS)
def test_scores_of_long_texts(models: dict[str, Path], name: str) -> None:
    sizes = [1, 7, 8, 9, AHEAD - 2, AHEAD - 1, AHEAD, AHEAD + 1, 3 * AHEAD + 5]
    found = assert_as_library(models[name], [" ".join(WORDS[n * n % 8] for n in range(size)) for size in sizes])
    assert len(np.unique(found, axis=0)) > 4  # else a model that says one thing to all would pass


def test_a_word_that_is_unknown_counts_in_pairs_and_a_label_does_not(models: dict[str, Path]) -> None:
    plain, unknown, label, ended = assert_as_library(
        models["bigrams"], ["river a", "river unknown a", "river __label__none a", "river a </s> market,"]
    )
    assert not np.array_equal(plain, unknown)
    assert np.array_equal(plain, label)
    assert np.array_equal(plain, ended)


def test_a_text_of_which_the_model_knows_nothing_has_no_score(models: dict[str, Path]) -> None:
    nothing, something = assert_as_library(models["no end"], ["", "river"])
    assert not nothing.any()
    assert something.sum() == pytest.approx(1, abs=1e-3)


def test_real_texts(models: dict[str, Path], data: Path) -> None:
    with (data / "text" / "english.jsonl.zst").open("rb") as file:
        reader = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        texts = [json.loads(line)["text"] for line in islice(reader, 0, 600, 3)]
    for path in models.values():
        assert_as_library(path, texts)


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_left_to_the_library(tmp_path: Path, name: str) -> None:
    path = trained(tmp_path / "other.bin", dim=8, **OTHERS[name])
    _left_to_the_library(path)


def test_a_quantised_model_is_left_to_the_library(tmp_path: Path) -> None:
    model = fasttext.load_model(str(trained(tmp_path / "m.bin", dim=8, wordNgrams=2, bucket=500)))
    model.quantize()
    model.save_model(str(tmp_path / "m.ftz"))
    _left_to_the_library(tmp_path / "m.ftz")


def _left_to_the_library(path: Path) -> None:
    model = load_classifier(path, "lines")
    assert model.dense is None
    found = label_scores(pa.array(["river a", "market, §"]), model, ["two", "one"])
    labels, numbers = fasttext.load_model(str(path)).predict(["river a", "market, §"], k=-1)
    said = [dict(zip(*pair, strict=True)) for pair in zip(labels, numbers, strict=True)]
    wanted = [[min(1, one["__label__two"]), min(1, one["__label__one"])] for one in said]
    assert np.array_equal(found, np.array(wanted, np.float32))


@pytest.mark.parametrize("bucket", [0, -1, 1001])
def test_a_model_whose_parts_do_not_fit_is_refused(models: dict[str, Path], tmp_path: Path, bucket: int) -> None:
    """`bucket` is the ninth setting behind magic and version; the file stays whole."""
    made = bytearray(models["bigrams"].read_bytes())
    made[40:44] = struct.pack("<i", bucket)
    (tmp_path / "m.bin").write_bytes(made)
    with pytest.raises(ConfigError, match="do not fit"):
        load_classifier(tmp_path / "m.bin", "lines")


def test_sums_that_are_no_numbers_are_no_scores(models: dict[str, Path], tmp_path: Path) -> None:
    made = bytearray(models["unigrams"].read_bytes())
    made[-4:] = struct.pack("<f", float("nan"))
    (tmp_path / "m.bin").write_bytes(made)
    assert np.isnan(label_scores(pa.array(["river"]), load_classifier(tmp_path / "m.bin", "lines"), ["one"])).all()
