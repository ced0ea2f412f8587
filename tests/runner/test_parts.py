"""Parts: equal rows give equal bytes, and any row is found again."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation_lib.runner.parts import ROW_GROUP, PartWriter, read_arrow, read_batches, read_rows, write_arrow
from curation_lib.runner.store import Store

SCHEMA = pa.schema([("doc_id", pa.string()), ("text", pa.large_string()), ("score", pa.float64())])
ROWS = 2 * ROW_GROUP + 123


def table(rows: int = ROWS) -> pa.Table:
    ids = [f"{n:08x}" for n in range(rows)]
    texts = [f"text {n} " * (n % 7) for n in range(rows)]
    return pa.table({"doc_id": ids, "text": texts, "score": [n / 7 for n in range(rows)]}, SCHEMA)


def write(store: Store, key: str, batches: list[pa.RecordBatch]) -> bytes:
    with store.writing(key) as written, PartWriter(written, SCHEMA) as part:
        for batch in batches:
            part.write(batch)
    return store.read(key)


@pytest.mark.parametrize("size", [1, 7, 1000, ROW_GROUP, ROW_GROUP + 1, ROWS])
def test_bytes_do_not_depend_on_batches(folder_store: Store, size: int) -> None:
    rows = 2000 if size == 1 else ROWS
    whole = write(folder_store, "whole", table(rows).combine_chunks().to_batches())
    assert write(folder_store, "split", table(rows).to_batches(max_chunksize=size)) == whole


def test_row_groups_have_a_fixed_size(folder_store: Store) -> None:
    write(folder_store, "p", table().to_batches(max_chunksize=999))
    found = pq.ParquetFile(folder_store.path("p")).metadata
    assert [found.row_group(n).num_rows for n in range(found.num_row_groups)] == [ROW_GROUP, ROW_GROUP, 123]


def test_rows_come_back_in_order(store: Store) -> None:
    write(store, "p", table().to_batches())
    batches = list(read_batches(store, "p", 1000))
    assert max(b.num_rows for b in batches) <= 1000
    assert pa.Table.from_batches(batches).equals(table())


@pytest.mark.parametrize("rows", [[], [0], [ROWS - 1, 0], [ROW_GROUP, ROW_GROUP - 1, ROW_GROUP, 5]])
def test_read_rows_gives_those_rows_in_that_order(store: Store, rows: list[int]) -> None:
    write(store, "p", table().to_batches())
    assert read_rows(store, "p", rows).to_pylist() == table().take(pa.array(rows, pa.int64())).to_pylist()


def test_an_empty_part(folder_store: Store) -> None:
    write(folder_store, "p", [])
    assert list(read_batches(folder_store, "p")) == []
    assert pq.read_schema(folder_store.path("p")).names == SCHEMA.names


def test_arrow_files_give_all_or_one_batch(store: Store) -> None:
    batches = table(30).to_batches(max_chunksize=10)
    with store.writing("k") as written:
        write_arrow(written, batches, SCHEMA)
    assert read_arrow(store, "k").equals(table(30))
    assert read_arrow(store, "k", range(1, 3)).to_pylist() == table(30).slice(10, 20).to_pylist()
