from __future__ import annotations

import pyarrow as pa
import pytest

from curation_lib.core.contract import CAPTURE, DOCUMENT, conform
from curation_lib.core.errors import ContractError

SCHEMA = pa.schema([pa.field("name", pa.string(), nullable=False), pa.field("size", pa.int64())])


def test_order_and_types_are_made_right() -> None:
    batch = pa.record_batch({"size": pa.array([1, None], pa.int32()), "name": pa.array(["a", "b"], pa.large_string())})
    found = conform(batch, SCHEMA, "here")
    assert found.schema.equals(SCHEMA)
    assert found.to_pylist() == [{"name": "a", "size": 1}, {"name": "b", "size": None}]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"name": ["a"]}, r"here: columns missing \['size'\], unknown \[\]"),
        ({"name": ["a"], "size": [1], "more": [1]}, r"here: columns missing \[\], unknown \['more'\]"),
        ({"name": ["a"], "size": ["x"]}, "here: column 'size' is string, not int64"),
        ({"name": ["a", None], "size": [1, 2]}, "here: column 'name' is null in row 1"),
    ],
)
def test_what_does_not_fit_is_named(columns: dict[str, list[object]], error: str) -> None:
    with pytest.raises(ContractError, match=error):
        conform(pa.record_batch(columns), SCHEMA, "here")


@pytest.mark.parametrize("schema", [CAPTURE, DOCUMENT])
def test_an_empty_batch_conforms(schema: pa.Schema) -> None:
    assert conform(pa.RecordBatch.from_pylist([], schema), schema, "here").num_rows == 0


def test_identity_and_licence_are_never_null() -> None:
    for schema in (CAPTURE, DOCUMENT):
        required = {f.name for f in schema if not f.nullable}
        assert {"doc_id", "source", "source_id", "license", "format"} <= required
