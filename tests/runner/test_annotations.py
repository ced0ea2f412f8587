from __future__ import annotations

import pyarrow as pa

from curation_lib.runner.annotations import annotated
from tests.filters.judging import documents


def test_notes_stand_over_older_ones_and_a_null_is_none() -> None:
    old = [[("quality_bucket", "3"), ("site", "a")], [("site", "b")], None, None]
    batch = documents("a", "b", "c", "d", metadata=old)
    made = annotated(batch, {"quality_bucket": pa.array(["19", None, "0", None])})
    assert made.column("metadata").to_pylist() == [
        [("quality_bucket", "19"), ("site", "a")],
        [("site", "b")],
        [("quality_bucket", "0")],
        None,
    ]
    assert made.schema.equals(batch.schema)
    assert annotated(batch, {}) is batch
