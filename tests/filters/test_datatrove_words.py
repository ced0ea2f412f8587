"""Our words held against datatrove's own, on real documents (tests/golden/filters/regenerate_words.py says how)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation_lib.core.errors import ContractError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.registry import find
from curation_lib.core.stage import Context, Filter
from curation_lib.text.statistics import STOP_WORDS
from tests.filters.judging import documents
from tests.golden.filters.pieces import pieces

GOLDEN = Path(__file__).parents[1] / "golden" / "filters" / "datatrove.parquet"
FILTERS = ("gopher_quality", "gopher_repetition", "c4_quality", "fineweb_quality")
SEGMENTED = {"zh", "ja"}
"""Languages that datatrove splits by dictionary: fast words are single letters, exact ones are refused."""
EVERY = 16
"""One document of so many is judged exactly."""


@pytest.fixture(scope="module")
def golden(data: Path) -> tuple[pa.Table, pa.RecordBatch]:
    """datatrove's answers and the documents they are about, row by row."""
    answers = pq.read_table(GOLDEN)
    at = {name: row for row, name in enumerate(answers.column("id").to_pylist())}
    texts: list[str] = [""] * len(at)
    for name, text in pieces(data):
        if name in at:
            texts[at[name]] = text
    assert all(texts)
    return answers, documents(*texts, language=answers.column("language").to_pylist())


def judged(name: str, batch: pa.RecordBatch, exact: bool) -> tuple[pa.RecordBatch, Any]:
    """Scores, and whether each document stays."""
    stage = find(f"filters.{name}")
    assert isinstance(stage, Filter)
    assert stage.statistics
    english = {"stop_words": STOP_WORDS} if name == "gopher_quality" else {}  # whatever the language, as there
    config = stage.config(exact=exact, **english)
    scores = stage.measure(batch, config, Context(statistics=stage.statistics(config)(batch)))
    rules = [r for r in stage.keep(scores, config, Context()) if name != "c4_quality" or r.name == "min_sentences"]
    return scores, ~np.array([rule.failed.to_numpy(zero_copy_only=False) for rule in rules]).any(0)


@pytest.mark.parametrize("name", FILTERS)
def test_exact_scores_and_decisions_are_datatroves(name: str, golden: tuple[pa.Table, pa.RecordBatch]) -> None:
    answers, batch = golden
    languages = answers.column("language").to_pylist()
    rows = [row for row in range(len(answers)) if row % EVERY == 0 and languages[row] not in SEGMENTED]
    assert len(rows) > 1_200
    answers, batch = answers.take(rows), batch.take(pa.array(rows))
    scores, stays = judged(name, batch, exact=True)
    assert stays.tolist() == answers.column(f"{name}_keeps").to_pylist()
    shared = [score for score in scores.schema.names if score in answers.column_names]
    assert shared
    for score in shared:
        theirs = np.nan_to_num(answers.column(score).to_numpy().astype(float))  # the mean of no words
        ours = scores.column(score).to_numpy().astype(float)
        # float32 keeps 24 bits of theirs
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6, err_msg=score)


@pytest.mark.parametrize("name", FILTERS)
def test_fast_decisions_agree_in_every_language(name: str, golden: tuple[pa.Table, pa.RecordBatch]) -> None:
    answers, batch = golden
    assert len(answers) >= 20_000
    _, stays = judged(name, batch, exact=False)
    same, whole = Counter[str](), Counter[str](answers.column("language").to_pylist())
    for language, ours, theirs in zip(
        answers.column("language").to_pylist(), stays, answers.column(f"{name}_keeps").to_pylist(), strict=True
    ):
        same[language] += bool(ours) == theirs
    agreement = {language: same[language] / whole[language] for language in whole if language not in SEGMENTED}
    assert len(agreement) >= 8
    assert min(agreement.values()) >= 0.99, agreement


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("I can't go, Mr. Smith... see https://a.io/x-y (8)", "en", 12),
        ("l'eau d'aujourd'hui", "fr", 4),
        ("EE. UU. y EE.UU.", "es", 3),  # the first is one word to spaCy, its blank included
        ("z.B. das Haus", None, 4),
        ("IS_ALPHA, IS_ALPHA and IS_ALPHB", "en", 5),  # spaCy itself stumbles over the second
    ],
)
def test_exact_words_by_hand(text: str, language: str | None, words: int) -> None:
    stage = find("filters.fineweb_quality")
    assert isinstance(stage, Filter)
    assert stage.statistics
    statistics = stage.statistics(stage.config(exact=True))(documents(text, language=[language]))
    assert statistics.rows["words"].tolist() == [words]


def test_a_language_that_spacy_does_not_split_stops_the_build() -> None:
    stage = find("filters.gopher_quality")
    assert isinstance(stage, Filter)
    assert stage.statistics
    with pytest.raises(ContractError, match=r"'th'.*filters.language"):
        stage.statistics(stage.config(exact=True))(documents("a", "b", language=["en", "th"]))


def test_exact_is_measured_again_and_names_spacys_version() -> None:
    stage = find("filters.gopher_quality")
    fast, exact = (stage_identity(stage, stage.config(exact=exact), ("measure",)) for exact in (False, True))
    assert fast != exact
    assert "spacy" in exact["libraries"]
    assert "spacy" not in fast["libraries"]
    with pytest.raises(ValidationError, match="dialect datatrove"):
        stage.config(exact=True, dialect="dolma")
