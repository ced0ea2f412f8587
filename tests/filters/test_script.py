from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard
from pydantic import ValidationError

from curation_lib.core.errors import ContractError
from curation_lib.core.stage import Context
from curation_lib.filters.language_scripts import LANGUAGE_SCRIPTS
from curation_lib.filters.script import STAGE
from curation_lib.text.scripts import SCRIPTS
from tests.filters.judging import documents


def scores(texts: list[str], languages: list[str | None], **settings: Any) -> list[tuple[float, float]]:
    found = STAGE.measure(documents(*texts, language=languages), STAGE.config(**settings), Context())
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def test_letters_in_a_script_of_the_language() -> None:
    texts = ["Привет, world", "漢字とカナー", "한국어 abc", "", "12", "Dobar дан"]
    assert [ratio for ratio, _ in scores(texts, ["ru", "ja", "ko", "en", "en", "sr"])] == [6 / 11, 1, 0.5, 0, 0, 1]


def test_words_of_two_alphabets_that_look_alike() -> None:
    texts = ["раyраl is safe", "PC가 iPhoneรุ่น", "и так", "Ελλάδα"]
    assert [mixed for _, mixed in scores(texts, ["en", "ko", "ru", "el"])] == [1 / 3, 0, 0, 0]


def test_a_language_without_a_script_stops_by_name() -> None:
    for language in ("tlh", None):
        with pytest.raises(ContractError, match=f"'{language or 'undetermined'}'.*unknown_language: pass"):
            scores(["x"], [language])
        assert scores(["x"], [language], unknown_language="pass") == [(1, 0)]
    assert scores(["xж"], ["tlh"], scripts={"tlh": ["Cyrl"]}) == [(0.5, 1)]
    for wrong in (["Cyrillic"], []):
        with pytest.raises(ValidationError, match="tlh"):
            STAGE.config(scripts={"tlh": wrong})


def test_the_table_covers_every_language_of_the_identifier(language_model: str) -> None:
    import fasttext

    labels = {label.removeprefix("__label__") for label in fasttext.load_model(language_model).get_labels()}
    assert labels == set(LANGUAGE_SCRIPTS)
    assert {script for scripts in LANGUAGE_SCRIPTS.values() for script in scripts} <= set(SCRIPTS)


def test_paragraphs_in_every_language_pass_but_those_in_another_script(data: Path) -> None:
    with zstandard.open(data / "lid" / "udhr-odd.jsonl.zst", "rt", encoding="utf-8") as lines:
        rows = [r for r in map(json.loads, lines) if r["bcp47"].split("-")[0] in LANGUAGE_SCRIPTS]
    found = scores([r["text"] for r in rows], [r["bcp47"].split("-")[0] for r in rows])
    low = Counter(r["bcp47"] for r, (ratio, _) in zip(rows, found, strict=True) if ratio < 0.5)
    assert len(rows) > 4000
    assert max(mixed for _, mixed in found) < 0.05
    # romanised, or in Javanese, Grantha and Han script, as the tag says; the text tagged azb is in Latin letters
    assert low == Counter({"azb": 30, "ckb-Latn": 29, "jv-Java": 29, "ug-Latn": 29, "sa-Gran": 23, "vi-Hani": 20})
