"""Scores and texts that datatrove gave for the same words (tests/golden/filters/regenerate.py says how)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from curation_lib.core.registry import find
from curation_lib.core.stage import Context, Filter, Map
from tests.filters.judging import documents, scores_of

GOLDEN = Path(__file__).parents[1] / "golden" / "filters"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    with (GOLDEN / "texts.jsonl").open(encoding="utf-8") as lines:
        return {row["id"]: row["text"] for row in map(json.loads, lines)}


def golden(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["gopher_quality", "gopher_repetition", "c4_quality", "fineweb_quality"])
def test_scores_are_datatroves(name: str, texts: dict[str, str]) -> None:
    stage, expected = find(f"filters.{name}"), golden(name)
    assert isinstance(stage, Filter)
    ids = list(expected)
    assert len(ids) == len(texts) > 50
    scores = scores_of(stage, *(texts[i] for i in ids))
    for row, i in enumerate(ids):
        for score, value in expected[i].items():
            ours = scores.column(score)[row].as_py()
            assert ours == (0.0 if math.isnan(value) else value), (i, score)  # the mean of no words


def test_edited_texts_are_datatroves(texts: dict[str, str]) -> None:
    stage, expected = find("filters.c4_lines"), golden("c4_lines")
    assert isinstance(stage, Map)
    ids = list(expected)
    result = stage.fn(documents(*(texts[i] for i in ids)), stage.config(), Context())
    ours = dict(zip(result.kept.column("doc_id").to_pylist(), result.kept.column("text").to_pylist(), strict=True))
    for row, i in enumerate(ids):
        # datatrove joins lines anew with \n; ours keep the separator that they had.
        assert ours.get(str(row), "").splitlines() == expected[i]["text"].splitlines(), i
    assert len(ours) + len(result.drops) == len(ids)
    assert {ids[d.row] for d in result.drops} == {i for i in ids if not expected[i]["text"]}
