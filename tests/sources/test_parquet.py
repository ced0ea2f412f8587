from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.archives import Reading, read


def written(tmp_path: Path, table: pa.Table, **options: Any) -> Reading:
    pq.write_table(table, tmp_path / "x.parquet", **options)
    return read("parquet", tmp_path / "x.parquet")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_rows_become_captures(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2, None]),
            "text": pa.array(["a", "é", "a"]).cast(kind),
            "when": [datetime(2024, 1, 1)] * 3,
            "price": [Decimal("1.50")] * 3,
            "metadata": pa.array([[("k", "v")], [], None], pa.map_(pa.string(), pa.string())),
        }
    )
    found = written(tmp_path, table)
    assert (found.bodies, found.errors) == ([b"a", "é".encode(), b"a"], [])
    assert found.ids == ["1", "2", "x.parquet#2"]
    assert found.rows[0]["metadata"] == [("k", "v"), ("price", '"1.50"'), ("when", '"2024-01-01T00:00:00"')]


def test_without_a_text_column(tmp_path: Path) -> None:
    assert written(tmp_path, pa.table({"body": ["a"]})).errors == ["no column 'text'; columns are body"]


def test_null_texts_are_quarantined_row_by_row(tmp_path: Path) -> None:
    found = written(tmp_path, pa.table({"text": ["a", None, "b"]}))
    assert (found.bodies, [u.locator for u in found.unread]) == ([b"a", b"b"], ["x.parquet#1"])


def test_invalid_utf8_costs_its_row_only(tmp_path: Path) -> None:
    raw = pa.array([b"a", b"\xff\xfe", b"c"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    found = written(tmp_path, pa.table({"text": text}))
    assert found.bodies == [b"a", b"c"]
    assert [u.locator for u in found.unread] == ["x.parquet#1"]
    assert "utf-8" in found.errors[0]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 50 + b"PAR1", b'{"text": "a"}'])
def test_what_is_no_parquet_is_quarantined(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    found = read("parquet", tmp_path / "x.parquet")
    assert [e.startswith("not readable as Parquet: ") for e in found.errors] == [True]
    assert "\n" not in found.errors[0]


def test_no_rows_are_no_fault(tmp_path: Path) -> None:
    found = written(tmp_path, pa.table({"text": pa.array([], pa.string())}))
    assert (found.rows, found.unread) == ([], [])


def test_row_numbers_do_not_depend_on_row_groups_or_batches(tmp_path: Path) -> None:
    table = pa.table({"text": [str(n) for n in range(100)]})
    whole, cut = written(tmp_path, table).ids, written(tmp_path, table, row_group_size=7).ids
    assert whole == cut == [f"x.parquet#{n}" for n in range(100)]
    assert read("parquet", tmp_path, batch_rows=3).ids == whole
