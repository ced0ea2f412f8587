from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.config import StageConfig
from curation_lib.core.stage import Bound, Filter, Measurement, measured_together

BATCH = pa.record_batch({"text": ["one", "two"]})


@pytest.fixture
def calls() -> list[tuple[str, list[str]]]:
    return []


def test_a_pass_that_filters_share_runs_once_with_the_parts_that_any_of_them_wants(calls: list[Any]) -> None:
    def words(batch: pa.RecordBatch, **parts: bool) -> str:
        calls.append(("words", sorted(parts)))
        return f"words of {batch.num_rows}"

    def lines(batch: pa.RecordBatch) -> str:
        calls.append(("lines", []))
        return "lines"

    wanted = [
        Measurement(words, frozenset({"repeats"})),
        Measurement(lines),
        None,
        Measurement(words),
        Measurement(words, frozenset({"rare"})),
    ]
    found = measured_together([bound(one) for one in wanted], BATCH)
    assert found == ["words of 2", "lines", None, "words of 2", "words of 2"]
    assert calls == [("words", ["rare", "repeats"]), ("lines", [])]


def bound(wanted: Measurement | None) -> Bound:
    def never(*_: Any) -> Any:
        raise AssertionError

    stage = Filter(
        name="filters.x",
        version=1,
        config=StageConfig,
        summary="",
        measure=never,
        keep=never,
        statistics=(lambda config: wanted) if wanted else None,
    )
    return stage, StageConfig()
