"""Key rows of a Group depend on no setting that only decides: key files are found again under another such setting."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.removals import apply_removals
from curation_lib.core.stage import Context, Group
from curation_lib.runner.warm import documents
from tests.laws.stage_table import SETTINGS, stages

OTHER: dict[str, list[Any]] = {
    "survivor": ["longest", "newest", "smallest_id"],
    "preferred_sources": [[], ["warm"], ["x", "warm"]],
    "threshold": [0.1, 0.9],
    "bands": [4, 60],
    "bits": [4, 14],
    "seed": [1, 2],
    "similarity": ["jaccard", "containment"],
    "requests": [1, 1000],
    "forms": [{"table": 1}, {"math_problem": 2, "summary": 1}],
    "per_seed": [1, 3],
    "min_density": [None, 2.0],
    "min_quality": [None, 3],
    "balance": [True, False],
    "max_per_topic": [None, 1],
    "rule": ["weights", "natural"],
    "temperature": [None],  # with its own rule alone, as is `by`
    "by": [None],
    "weights": [[{"weight": 1}], [{"source": "x*", "weight": 2}, {"language": "en", "weight": 0}]],
    "default_weight": [0.5, 2],
    "token_budget": [None, 10, 1000],
    "max_epochs": [0.5, 4],
    "synthetic_share": [None, 0.1],
    "max_synthetic_share": [0.2, 0.5],
    "curve": [{"by": "score", "points": {0: 1}}, {"by": "score", "points": {0: 0, 1: 1}, "missing": 0.5}],
    "license_caps": [[], [{"license": "CC-*", "share": 0.1}]],
    "anchor": [{"source": "warm", "share": 0.1}, {"language": "en", "share": 0.3}],
    "benchmarks": [[], SETTINGS["filters.decontaminate"]["benchmarks"]],
    "min_tokens": [2, 8],
    "max_contamination": [None, 0.3],
    "chat_tokens": [[], ["<turn>"]],
}
"""Values of settings marked `keep`: a new one needs a line here."""


def keyed(stage: Group, **settings: Any) -> pa.RecordBatch:
    config = stage.config.model_validate({**SETTINGS.get(stage.name, {}), **settings})
    return stage.key(documents(), config, Context(model=stage.load(config) if stage.load else None))


@pytest.mark.parametrize("stage", stages(Group), ids=lambda stage: stage.name)
def test_settings_marked_keep_do_not_shape_key_rows(stage: Group) -> None:
    for name in stage.config.model_fields:
        if stage.config.role(name) == "keep":
            assert name in OTHER, f"{name} of {stage.name} needs values in OTHER"
            found = [keyed(stage, **{name: value}) for value in OTHER[name]]
            assert all(rows.equals(found[0]) for rows in found), f"{name} of {stage.name} shapes key rows: not `keep`"


@pytest.mark.parametrize("stage", stages(Group), ids=lambda stage: stage.name)
def test_a_stage_with_releases_keeps_key_rows_of_what_it_keeps(stage: Group) -> None:
    """The key rows beside a dataset are those of the documents that its decision does not name."""
    assert stage.released is None or stage.apply is apply_removals


def test_a_setting_that_shapes_them_would_be_noticed() -> None:
    (stage,) = (s for s in stages(Group) if s.name == "dedup.minhash")
    assert not keyed(stage, seed=1).equals(keyed(stage, seed=2))
