from __future__ import annotations

import io
import itertools

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.stage import Context
from curation_lib.export import parquet
from curation_lib.export.parquet import STAGE, convert, encode, row_groups
from curation_lib.export.schema import EXPORT, ExportConfig, to_export
from curation_lib.text.tokenizers.byte_counts import ByteCounts

CONFIG = ExportConfig(phase="pretrain")


def written(batches, config=CONFIG):
    sink = io.BytesIO()
    encode(batches, sink, config)
    return sink.getvalue()


def test_readable_with_pandas_and_datasets(varied, tmp_path, offline):
    rows = to_export(varied, CONFIG, ByteCounts())
    path = tmp_path / "part-00000.parquet"
    path.write_bytes(written([rows]))
    expected = rows.to_pylist()
    frame = pandas.read_parquet(path)
    assert list(frame.columns) == EXPORT.names
    assert frame.astype(object).where(frame.notna(), None).to_dict("records") == expected
    loaded = offline("parquet", path)
    assert loaded.to_list() == expected
    assert {name: feature.dtype for name, feature in loaded.features.items()} == {
        name: "int64" if name == "tokens" else "string" for name in EXPORT.names
    }


@given(st.lists(st.integers(0, 7), max_size=3), st.integers(1, 3))
def test_bytes_do_not_depend_on_batches(varied, cuts, copies):
    rows = to_export(varied, CONFIG, ByteCounts())
    whole = pa.Table.from_batches([rows] * copies).combine_chunks().to_batches()[0]
    edges = [0, *sorted(cuts), whole.num_rows]
    parts = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    assert written(parts) == written([whole])


def test_row_groups_end_after_rows_or_bytes_however_batched(documents, monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 4)
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 100)
    sizes = [1, 1, 1, 1, 1, 250, 60, 60, 1, 100, 30, 30, 30, 30]
    rows = to_export(documents([{"text": "x" * size} for size in sizes]), CONFIG, ByteCounts())
    for step in (1, 3, 14):
        batches = [rows.slice(i, step) for i in range(0, 14, step)]
        assert [group.num_rows for group in row_groups(batches)] == [4, 2, 2, 2, 4]
        file = pq.ParquetFile(io.BytesIO(written(batches)))
        assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [4, 2, 2, 2, 4]
        assert file.read().to_pylist() == rows.to_pylist()


def test_no_rows_give_a_file_without_rows():
    assert written([]) == written([pa.RecordBatch.from_pylist([], EXPORT)])
    assert pandas.read_parquet(io.BytesIO(written([]))).columns.tolist() == EXPORT.names


def test_compression_level_is_used(documents):
    rows = to_export(
        documents([{"text": " ".join(str(i * j) for j in range(400))} for i in range(50)]), CONFIG, ByteCounts()
    )
    low, high = (len(written([rows], ExportConfig(phase="pretrain", compression_level=n))) for n in (1, 19))
    assert high < low


def test_convert_keeps_every_document(varied):
    result = convert(varied, CONFIG, Context(ByteCounts()))
    assert result.kept == to_export(varied, CONFIG, ByteCounts())
    assert not result.drops
    assert not result.bad
    assert result.created == 0
    assert STAGE.produces == EXPORT


def test_a_row_of_another_schema_is_refused(varied):
    with pytest.raises(ValueError, match="schema"):
        written([varied])
