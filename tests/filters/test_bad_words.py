from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.stage import Context
from curation_lib.filters.bad_words import STAGE
from curation_lib.text.hashing import doc_ids
from tests.filters.judging import documents

MILD = {"en": ["darn", "heck no", "go to"], "de": ["mist"], "ja": ["畜生", "sm"], "hi": ["कम"]}


@pytest.fixture
def lists(tmp_path: Path) -> str:
    (tmp_path / "lists").mkdir()
    for language, entries in MILD.items():
        (tmp_path / "lists" / language).write_text("\n".join(entries) + "\n", encoding="utf-8")
    return str(tmp_path / "lists")


def scores(texts: list[str], language: list[str | None], **settings: Any) -> pa.RecordBatch:
    config = STAGE.config(**settings)
    assert STAGE.load is not None
    batch = documents(*texts, language=language, doc_id=doc_ids("t", [str(i) for i in range(len(texts))]).to_pylist())
    return STAGE.measure(batch, config, Context(STAGE.load(config)))


def counts(texts: list[str], language: str | None, **settings: Any) -> list[int]:
    found: list[int] = scores(texts, [language] * len(texts), **settings).column("bad_words").to_pylist()
    return found


def test_whole_words_in_any_case_and_spacing(lists: str) -> None:
    texts = ["DARN!", "darned", "a_darn", "Heck\n  NO, darn", "heckno", "(darn)", "go tomorrow", "Mist"]
    assert counts(texts, "en", lists=lists) == [1, 0, 0, 2, 0, 1, 0, 0]
    assert counts(["Mist", "Optimist"], "de", lists=lists) == [1, 0]


def test_a_vowel_sign_does_not_end_a_word(lists: str) -> None:
    assert counts(["कम है", "कमी है"], "hi", lists=lists) == [1, 0]


def test_phrases_stand_anywhere_where_words_have_no_spaces(lists: str) -> None:
    assert counts(["こん畜生め"], "ja", lists=lists) == [1]
    assert counts(["こん畜生め", "畜生"], "ja", lists=lists, unspaced=[]) == [0, 1]
    assert counts(["プリズsmム"], "ja", lists=lists) == [0]  # mC4 spares it
    assert counts(["プリズsmム"], "ja", lists=lists, spared={}) == [1]


def test_ratio_and_which_list(lists: str) -> None:
    found = scores(["darn, heck no it is", "", "Mist"], ["en", "en", "de"], lists=lists).to_pylist()
    assert [(row["bad_words"], row["bad_word_ratio"], row["list"]) for row in found] == [
        (2, 0.4, "en"),
        (0, 0.0, "en"),
        (1, 1.0, "de"),
    ]


def test_a_language_without_a_list_stops_by_name(lists: str) -> None:
    for language in ("fr", None):
        with pytest.raises(ContractError, match=f"'{language or 'undetermined'}'.*without_list: pass"):
            counts(["merde"], language, lists=lists)
        assert counts(["darn"], language, lists=lists, without_list="pass") == [0]
    assert counts(["darn"], None, lists=lists, default_language="en") == [1]


def test_a_share_of_the_bad_documents_stays_and_always_the_same(lists: str) -> None:
    texts = ["darn"] * 1000 + ["fine"] * 1000
    found = scores(texts, ["en"] * 2000, lists=lists)

    def failed(found: pa.RecordBatch, **settings: Any) -> set[int]:
        (rule,) = STAGE.keep(found, STAGE.config(lists=lists, **settings), Context())
        return {row for row, bad in enumerate(rule.failed.to_pylist()) if bad}

    assert failed(found) == set(range(1000))
    tenth = failed(found, keep_fraction=0.1)
    assert 860 < len(tenth) < 940
    assert failed(found, keep_fraction=0.3) < tenth
    assert failed(scores(texts, ["en"] * 2000, lists=lists, seed=1), keep_fraction=0.1) != tenth
    assert failed(found, max_bad_words=1) == set()


def test_lists_by_name_and_what_shapes_the_scores(lists: str, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('["Blast"]')
    by_name = {"en": f"{lists}/en", "fr": str(tmp_path / "own.json")}
    assert counts(["blast it"], "fr", lists=by_name) == [1]
    one, folder = (stage_identity(STAGE, STAGE.config(lists=x)) for x in ({n: f"{lists}/{n}" for n in MILD}, lists))
    assert one == folder
    assert stage_identity(STAGE, STAGE.config(lists=by_name)) != folder


def test_lists_that_cannot_hold(lists: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="nothing at .*nowhere"):
        counts(["x"], "en", lists=str(tmp_path / "nowhere"))
    (tmp_path / "lists" / "en.txt").write_text("darn\n")
    with pytest.raises(ConfigError, match="both the list of 'en'"):
        counts(["x"], "en", lists=lists)
    (tmp_path / "empty").write_text("\n# nothing\n")
    with pytest.raises(ConfigError, match="no entry"):
        counts(["x"], "en", lists={"en": str(tmp_path / "empty")})


def test_verdicts_are_c4_s_on_real_text_and_lists(data: Path) -> None:
    """By C4's regular expression; where words continue in a mark (Hindi), or space is doubled, ours differs."""
    path = data / "lists" / "naughty-words" / "en.json"
    with zstandard.open(data / "post" / "hh-harmless-test-A.jsonl.zst", "rt", encoding="utf-8") as file:
        texts = [" ".join(str(v) for v in json.loads(line).values()) for line in file]
    words = "|".join(re.escape(word.strip()) for word in json.loads(path.read_text()))
    pattern = re.compile(rf"(?:\W|^)({words})(?:\W|$)")
    theirs = [bool(pattern.search(text.lower())) for text in texts]
    ours = [count > 0 for count in counts(texts, "en", lists={"en": str(path)})]
    assert len(texts) > 1000
    assert 100 < sum(theirs) < len(texts) - 100
    assert ours == theirs
