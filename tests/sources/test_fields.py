from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.contract import CAPTURE, conform
from curation_lib.sources.captures import Captures
from curation_lib.sources.fields import RowConfig, add_row

CONFIG = RowConfig(source="s", paths=["x"], license="CC0-1.0", license_evidence="the recipe")


def captured(row: dict[str, Any]) -> dict[str, Any]:
    captures = Captures(CONFIG)
    add_row(row, "x#0", CONFIG, captures)
    [found] = conform(captures.take().captures, CAPTURE, "x").to_pylist()
    return dict(found)


def test_a_row_keeps_what_it_knows() -> None:
    row = {
        "text": "t",
        "id": "i",
        "url": "http://a/",
        "license": "MIT",
        "language": "de",
        "opt_out": "noai",
        "format": "chat",
        "fetched_at": "2024-05-06T07:08:09+02:00",
        "metadata": {"a": 1, "b": None},
        "score": 0.5,
        "tags": ["x"],
    }
    found = captured(row)
    assert (found["license"], found["license_evidence"]) == ("MIT", "record")
    assert (found["url"], found["language"], found["opt_out"], found["format"]) == ("http://a/", "de", "noai", "chat")
    assert found["fetched_at"] == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert found["metadata"] == [("a", "1"), ("score", "0.5"), ("tags", '["x"]')]


@pytest.mark.parametrize("license", [None, "", 3, {"name": "MIT"}])
def test_without_a_licence_of_its_own_a_row_stands_under_the_source_s(license: Any) -> None:
    found = captured({"text": "t", "license": license})
    assert (found["license"], found["license_evidence"]) == ("CC0-1.0", "the recipe")


@pytest.mark.parametrize("value", ["yesterday", "", 5, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None])
def test_a_time_that_is_none_is_null(value: Any) -> None:
    assert captured({"text": "t", "fetched_at": value})["fetched_at"] is None


def test_metadata_of_every_form() -> None:
    assert captured({"text": "t", "metadata": [("k", "v")]})["metadata"] == [("k", "v")]
    assert captured({"text": "t", "metadata": [1, 2]})["metadata"] == [("metadata", "[1,2]")]
    assert captured({"text": "t", "metadata": "m"})["metadata"] == [("metadata", "m")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["text", "id", "url", "license", "fetched_at", "metadata", "format", "source_id", "other"])


@settings(max_examples=200)
@given(
    st.dictionaries(names, json_values), st.sampled_from([lambda row: row, lambda row: orjson.loads(orjson.dumps(row))])
)
def test_any_row_is_a_capture_or_a_quarantine_row(row: dict[str, Any], through: Any) -> None:
    captures = Captures(CONFIG)
    add_row(through(row), "x#0", CONFIG, captures)
    read = captures.take()
    rows = 0 if read.captures is None else conform(read.captures, CAPTURE, "x").num_rows
    assert rows + len(read.unread) == 1
    assert rows == isinstance(row.get("text"), str)
