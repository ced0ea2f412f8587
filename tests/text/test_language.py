from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from curation_lib.core.errors import ConfigError
from curation_lib.text.language import identify, load_model, model_path

FLOORS = {  # ISO 639-3, label, share of UDHR paragraphs told right (one paragraph in thirty is 0.967)
    "eng": ("en", 1.0),
    "cmn": ("zh", 0.96),
    "spa": ("es", 0.93),
    "arb": ("ar", 1.0),
    "hin": ("hi", 1.0),
    "por": ("pt", 1.0),
    "rus": ("ru", 1.0),
    "jpn": ("ja", 1.0),
    "deu": ("de", 1.0),
    "kor": ("ko", 1.0),
    "ita": ("it", 1.0),
    "tur": ("tr", 1.0),
    "pol": ("pl", 0.96),
    "nld": ("nl", 1.0),
    "ukr": ("uk", 1.0),
    "ind": ("id", 0.93),
    "tha": ("th", 1.0),
    "ell": ("el", 1.0),
    "swe": ("sv", 1.0),
    "ces": ("cs", 0.96),
}


@pytest.fixture(scope="module")
def model(language_model: str) -> Any:
    return load_model(language_model)


def test_share_told_right(data: Path, model: Any) -> None:
    with zstandard.open(data / "lid" / "udhr-odd.jsonl.zst", "rb") as f:
        rows = [row for row in map(orjson.loads, f.read().splitlines()) if row["lang"] in FLOORS]
    labels, scores = identify(model, [row["text"] for row in rows])
    right, all_ = Counter[str](), Counter(row["lang"] for row in rows)
    right.update(row["lang"] for row, label in zip(rows, labels, strict=True) if label == FLOORS[row["lang"]][0])
    missed = {lang: right[lang] / all_[lang] for lang in FLOORS if right[lang] < FLOORS[lang][1] * all_[lang]}
    assert missed == {}
    assert right.total() / all_.total() >= 0.98
    assert all(score is not None and 0 < score <= 1 for score in scores)


def test_labels_do_not_depend_on_neighbours_or_order(model: Any) -> None:
    texts = ["Guten Morgen, liebe Leute", "good morning\ndear people", "", "bonjour à tous les gens"] * 3
    labels, scores = identify(model, texts)
    assert labels[:4] == ["de", "en", None, "fr"]
    assert identify(model, texts[::-1]) == (labels[::-1], scores[::-1])
    assert [identify(model, [t]) for t in texts] == [([a], [b]) for a, b in zip(labels, scores, strict=True)]


@pytest.mark.parametrize("text", ["", " \n", "1234 5678", "!?… —", "🙂🙂", "\t\n\n"])
def test_without_a_letter_there_is_no_language(model: Any, text: str) -> None:
    assert identify(model, [text]) == ([None], [None])


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\x00b", "\u2028a", "a" * 100_000, "é\U0010ffff"])
def test_any_text_has_an_answer(model: Any, text: str) -> None:
    [label], [score] = identify(model, [text])
    assert label
    assert score


def test_a_model_is_found_by_path_or_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"language_model: no 'm\.ftz'.*make setup"):
        model_path("m.ftz")
    (tmp_path / "m.ftz").touch()
    assert model_path(str(tmp_path / "m.ftz")) == str(tmp_path / "m.ftz")
    monkeypatch.chdir("/")
    assert model_path("m.ftz") == str(tmp_path / "m.ftz")
