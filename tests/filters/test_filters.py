"""What every filter of the room must do."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.registry import find
from curation_lib.core.stage import Context, Filter
from curation_lib.filters import MODULES
from tests.filters.judging import PROSE, documents, failures, loaded, rules_of, scores_of_batch
from tests.laws.stage_table import configured
from tests.text.reference import TEXTS

FILTERS = [stage for name in MODULES if isinstance(stage := find(f"filters.{name}"), Filter)]
HEURISTICS = [stage for stage in FILTERS if stage.statistics]

NO_RULES = (
    "line_punct_exclude_zero", "without_list", "without_model", "keep_fraction", "action", "common_documents", "buckets",
)  # fmt: skip
"""Settings that decide beside a threshold."""
NO_SCORE = ("coherence", "topic", "format")
"""Scores that a document may lack, which it then passes by."""
EDITING = ("boilerplate_lines", "c4_lines", "text_modifiers")
"""Modules whose stage is a Map."""
BY_SETTINGS = pytest.mark.parametrize(
    "stage",
    [f for f in FILTERS if f.name not in ("filters.url_blocklist", "filters.classifier", "filters.domains")],
    ids=lambda stage: stage.name,
)
"""Every filter but those whose rules go by what they are given (addresses, labels), and one whose threshold the corpus
gives."""


@pytest.fixture(params=FILTERS, ids=lambda stage: stage.name)
def stage(request: pytest.FixtureRequest) -> Filter:
    found: Filter = request.param
    return found


def test_all_are_here() -> None:
    assert [f.name.split(".")[1] for f in FILTERS] == [name for name in MODULES if name not in EDITING]
    assert len({f.statistics(f.config()).function for f in HEURISTICS if f.statistics}) == 1 < len(HEURISTICS)


@BY_SETTINGS
def test_rules_come_in_declared_order_under_their_settings_names(stage: Filter) -> None:
    config = configured(stage)
    fields = [name for name in type(config).model_fields if type(config).role(name) == "keep"]
    wanted = [name for name in fields if name not in NO_RULES and getattr(config, name) is not None]
    assert [rule.name for rule in rules_of(stage, PROSE)] == wanted
    for rule in rules_of(stage, PROSE):
        if not rule.name.endswith("_percentile"):  # a share of the corpus is no threshold of a score
            assert rule.threshold == getattr(config, rule.name)


@BY_SETTINGS
def test_null_turns_a_rule_off(stage: Filter) -> None:
    names = [rule.name for rule in rules_of(stage, PROSE)]
    for name in names:
        assert [rule.name for rule in rules_of(stage, PROSE, **{name: None})] == [n for n in names if n != name]


@pytest.mark.parametrize("stage", HEURISTICS, ids=lambda stage: stage.name)
def test_prose_stays(stage: Filter) -> None:
    assert failures(stage, PROSE) == {}


@settings(max_examples=30)
@given(st.lists(TEXTS, max_size=4), st.integers(0, 4))
def test_halves_score_as_the_whole_and_nothing_is_nan(texts: list[str], cut: int) -> None:
    batch = documents(*texts)
    for stage in FILTERS:
        whole = scores_of_batch(stage, batch)
        parts = [scores_of_batch(stage, part) for part in (batch.slice(0, cut), batch.slice(cut))]
        assert pa.Table.from_batches(parts).to_pylist() == whole.to_pylist()
        assert whole.num_rows == len(texts)
        for name, column in zip(whole.schema.names, whole.columns, strict=True):
            assert column.null_count == 0 or column.type == pa.string() or name in NO_SCORE
            assert not pa.types.is_floating(column.type) or not pc.any(pc.is_nan(column)).as_py()


def test_an_empty_batch_is_legal(stage: Filter) -> None:
    batch = documents("x").slice(0, 0)
    config = configured(stage)
    statistics = stage.statistics(config)(batch) if stage.statistics else None
    scores = stage.measure(batch, config, Context(loaded(stage, config), statistics))
    assert scores.num_rows == 0
    assert all(len(rule.failed) == 0 for rule in stage.keep(scores, config, Context()))
