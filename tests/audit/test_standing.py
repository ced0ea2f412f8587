"""Places among stored scores of more rows than a row group holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from curation_lib.audit.standing import row_of, score_parts, standings
from curation_lib.runner.parts import ROW_GROUP, PartWriter, read_rows
from curation_lib.runner.store import Store, canonical_json

SCHEMA = pa.schema([("doc_id", pa.string()), ("score", pa.float32())])
SIZES = (2 * ROW_GROUP + 7, 3)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Store, pa.RecordBatch]:
    """Scores with many ties and nulls in two parts, and as one batch."""
    store, draw = Store(str(tmp_path)), np.random.default_rng(0)
    values = draw.integers(0, 50, sum(SIZES)).astype(np.float32)
    ids = [f"{n:032x}" for n in range(len(values))]
    everything = pa.record_batch([ids, pa.array(values, mask=draw.random(len(values)) < 0.1)], SCHEMA)
    start = 0
    for part, size in enumerate(SIZES):
        with store.writing(f"s/part-{part}.parquet") as written, PartWriter(written, SCHEMA) as writer:
            writer.write(everything.slice(start, size))
        start += size
    store.put("s/manifest.json", canonical_json({"files": [{"path": f"part-{part}.parquet"} for part in range(2)]}))
    return store, everything


def test_a_document_is_found_in_any_row_group_of_any_part(stored: tuple[Store, pa.RecordBatch]) -> None:
    store, everything = stored
    parts = score_parts(store, "any", "s")
    for row in (0, ROW_GROUP - 1, ROW_GROUP, 2 * ROW_GROUP + 6, 2 * ROW_GROUP + 7, sum(SIZES) - 1):
        id = everything.column("doc_id")[row].as_py()
        place = row_of(store, parts, id)
        assert place is not None
        assert read_rows(store, parts[place[0]], [place[1]]).to_pylist() == everything.slice(row, 1).to_pylist()
    assert row_of(store, parts, "f" * 32) is None


def test_smaller_and_equal_ones_are_counted_over_all_parts(stored: tuple[Store, pa.RecordBatch]) -> None:
    store, everything = stored
    asked = everything.slice(ROW_GROUP - 5, 10)
    all_ = [value for value in everything.column("score").to_pylist() if value is not None]
    found = standings(store, "any", "s", asked)["score"]
    for value, place in zip(asked.column("score").to_pylist(), found, strict=True):
        if value is not None:
            assert place[:3] == (sum(v < value for v in all_), all_.count(value), len(all_))
