"""Scores and decisions of the dialects: those of the peers' own functions, and of plain Python on any text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.core.registry import find
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.dialects import MEASUREMENTS
from curation_lib.text import curator_counts
from curation_lib.text.unicode_ranges import ranges
from tests.filters.judging import PROSE, failures, scores_of
from tests.golden.filters.dialect_scores import key, read
from tests.golden.filters.documents import golden_documents
from tests.text import dialect_reference as reference
from tests.text.reference import TEXTS
from tests.text.word_break_reference import unicode_words

GOLDEN = Path(__file__).parents[1] / "golden" / "filters"
FILTERS = ("gopher_quality", "gopher_repetition", "c4_quality")
OTHERS = ("dolma", "dclm", "curator")
MORE = st.lists(
    st.sampled_from(["a b c ", "a b c d e f g ", "the ", "THE ", "x\n", "\n\n", ". . .", "...", "- ", "# ", "##", "…\n",
                     "● z", "‣ y", "* ", "javaScript ", "{", "use cookies ", "Read More\n", "[…] ", "\x00", "\x1c", "ⓐ ",
                     "1 ", "a  b c ", "語", "don't "]),
    max_size=60,
).map("".join)  # fmt: skip


def stage_of(name: str) -> Filter:
    found = find(f"filters.{name}")
    assert isinstance(found, Filter)
    return found


@cache
def other_alphabetic() -> frozenset[int]:
    return frozenset(c for first, last in ranges("Alphabetic") for c in range(first, last + 1))


def alphabetic(char: str) -> bool:
    return unicodedata.category(char)[0] == "L" or ord(char) in other_alphabetic()


def expected(dialect: str, text: str) -> reference.Scores:
    if dialect == "dolma":
        return reference.dolma(text)
    if dialect == "dclm":
        return reference.dclm(text, unicode_words)
    return reference.curator(text, alphabetic, curator_counts)


@pytest.mark.parametrize("dialect", OTHERS)
def test_scores_are_what_plain_python_says(dialect: str) -> None:
    @settings(max_examples=150)
    @given(st.one_of(TEXTS, MORE))
    @example("")
    @example(" \n\n \n")
    @example("a b c d e f g h i j k l a b c d e f g h i x a b c d e f g\n\n\na\n\na")
    def check(text: str) -> None:
        for name, wanted in expected(dialect, text).items():
            ours = scores_of(stage_of(name), text, dialect=dialect).to_pylist()[0]
            assert ours == pytest.approx(wanted, rel=1e-12, abs=1e-12), name

    check()


@settings(max_examples=20)
@given(st.lists(TEXTS, max_size=4), st.integers(0, 4))
def test_halves_score_as_the_whole(texts: list[str], cut: int) -> None:
    for dialect in OTHERS:
        for name in FILTERS:
            whole = scores_of(stage_of(name), *texts, dialect=dialect)
            halves = [scores_of(stage_of(name), *part, dialect=dialect) for part in (texts[:cut], texts[cut:])]
            assert pa.Table.from_batches(halves).to_pylist() == whole.to_pylist()


@pytest.fixture(scope="module")
def documents(data: Path) -> tuple[list[str], list[str], pa.RecordBatch]:
    """Ids, language hints and texts of the golden documents."""
    ids, languages, texts = zip(*golden_documents(data), strict=True)
    columns = [pa.array(ids), pa.array(texts, pa.large_string()), pa.nulls(len(ids), pa.string())]
    batch = pa.RecordBatch.from_arrays(columns, ["doc_id", "text", "language"])  # the peers look at no language
    return list(ids), list(languages), batch


@pytest.mark.parametrize("dialect", OTHERS)
def test_scores_and_decisions_are_the_peers(dialect: str, documents: Any) -> None:
    ids, languages, batch = documents
    golden_ids, scores, failed = read(GOLDEN / f"dialect_{dialect}.npz")
    assert list(map(key, ids, batch.column("text").to_pylist())) == golden_ids.tolist()
    spoken = Counter(languages)
    assert len(ids) > 20_000
    assert sum(n >= 200 for n in spoken.values()) > 8
    common, bit, met = MEASUREMENTS[dialect](batch, repeats=True), 0, set()
    for name in FILTERS:
        stage = stage_of(name)
        config = stage.config(dialect=dialect)
        ours = stage.measure(batch, config, Context(statistics=common))
        for score in ours.schema.names:
            if score in scores:
                theirs, met = scores[score], met | {score}
                np.testing.assert_allclose(ours.column(score).to_numpy(), theirs, rtol=1e-6, atol=1e-6, err_msg=score)
        for rule in stage.keep(ours, config, Context()):
            theirs = failed >> np.uint32(bit) & 1
            wrong = np.flatnonzero(rule.failed.to_numpy(zero_copy_only=False) != theirs.astype(bool))
            assert not len(wrong), (rule.name, [ids[i] for i in wrong[:5]])
            bit += 1
    assert met == set(scores)  # no column of the peer is left unread
    assert failed.max() < 1 << bit


@pytest.mark.parametrize("dialect", OTHERS)
def test_every_rule_of_a_dialect_fires_on_what_it_is_for(dialect: str) -> None:
    spam = "cheap watches for sale in all of our stores today " * 12
    texts = [
        "the and " * 3, "the and " * 50_001, "a b " * 60, "internationalisation " * 60, "the house and # " * 20,
        "- - ", "* the house\n" * 40 + "● the house\n" * 400 + "• x\n" * 4000, "and so we wait for it…\n" * 20, "1 2 3 " * 40,
        "das Haus und der Garten " * 20, "Home\nProducts\n" * 20, "the one\n\n" * 20, spam, "", "   ", "a,{;} " * 60,
        "lorem ipsum", "see javascript here", "x" * 1001, "Read our privacy policy", "no end\nnone\nnor here", "(((( ))))",
    ]  # fmt: skip
    for name in FILTERS:
        stage = stage_of(name)
        config: Any = stage.config(dialect=dialect)
        rules = {rule for rule, limit in type(config).thresholds[dialect].items() if limit is not None}
        fired = {rule for text in texts for rule in failures(stage, text, dialect=dialect)}
        assert fired == rules, (name, rules - fired)


FIVE_GRAMS = (
    "responsibility it written directions, pool british next required led makes enough feed able publications cash "
    "solution fitness contains prior north database continue born names cost someone british next required led makes "
    "enough feed able done robert paid featured on ball summer object block success between production"
)
SHARES = {"datatrove": 0.085, "curator": 0.150, "dolma": 0.168, "dclm": 0.300}


def test_one_text_has_four_shares_of_repeated_5_grams() -> None:
    assert len(FIVE_GRAMS.split()) == 46
    shares = {
        dialect: scores_of(stage_of("gopher_repetition"), FIVE_GRAMS, dialect=dialect).column("dup_5_gram_frac")[0]
        for dialect in MEASUREMENTS
    }
    assert {d: round(s.as_py(), 3) for d, s in shares.items()} == SHARES
    assert {d for d, s in shares.items() if s.as_py() > 0.15} == {"curator", "dolma", "dclm"}


def test_thresholds_follow_the_dialect_and_may_be_given() -> None:
    dolma: Any = configured("filters.gopher_repetition", {"dialect": "dolma"}, "stages")[1]
    assert (dolma.max_dup_line_char_frac, dolma.max_dup_para_frac, dolma.min_characters) == (0.3, None, None)
    given: Any = configured("filters.gopher_quality", {"dialect": "dclm", "min_words": None, "max_words": 9}, "s")[1]
    assert (given.min_words, given.max_words, given.max_symbol_ratio) == (None, 9, 0.1)
    again = type(given).model_validate(given.model_dump(mode="json"))
    assert again == given
    assert type(given).role("dialect") == "measure"


@pytest.mark.parametrize("name", FILTERS)
def test_the_default_dialect_changes_nothing(name: str) -> None:
    config: Any = stage_of(name).config()
    assert config == stage_of(name).config(dialect="datatrove")
    own = type(config).thresholds["datatrove"]
    rules = {n: getattr(config, n) for n in type(config).model_fields if n.startswith(("min_", "max_"))}
    assert {n: v for n, v in rules.items() if v is not None} == own


@pytest.mark.parametrize(
    ("name", "settings_", "message"),
    [
        ("gopher_quality", {"dialect": "ccnet"}, "'datatrove', 'dolma', 'dclm' or 'curator'"),
        ("fineweb_quality", {"dialect": "dolma"}, "Input should be 'datatrove'"),
        (
            "gopher_repetition",
            {"dialect": "dolma", "max_dup_para_frac": 0.1},
            "max_dup_para_frac is no rule of dialect",
        ),
        ("c4_quality", {"max_javascript": 0}, "max_javascript is no rule of dialect 'datatrove', whose rules are"),
    ],
)
def test_what_a_dialect_lacks_is_refused_with_what_it_has(name: str, settings_: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        configured(f"filters.{name}", settings_, "stages")


def test_stop_words_of_another_language_in_each_dialect() -> None:
    text = "Und das Haus UND der Garten"
    met = {"datatrove": 2, "dolma": 2, "dclm": 4, "curator": 2}
    for dialect, wanted in met.items():
        scores = scores_of(stage_of("gopher_quality"), text, dialect=dialect, stop_words=["und", "der", "das"])
        assert scores.column("stop_words")[0].as_py() == wanted, dialect


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("name", FILTERS)
def test_prose_stays(dialect: str, name: str) -> None:
    assert failures(stage_of(name), PROSE, dialect=dialect) == {}
