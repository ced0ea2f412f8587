"""Questions to the books of a store on S3, as moto serves it: what is fetched to answer them."""

from __future__ import annotations

from typing import Any

import aiobotocore.client
import numpy as np
import pyarrow as pa
import pytest

from curation_lib.audit.queries import books
from curation_lib.core.errors import StoreError
from curation_lib.runner.parts import ROW_GROUP, PartWriter
from curation_lib.runner.store import Store

SCHEMA = pa.schema([("doc_id", pa.string()), ("text", pa.large_string())])


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Each request that s3fs makes, and how many bytes it brings."""
    made: list[tuple[str, int]] = []
    call = aiobotocore.client.AioBaseClient._make_api_call

    async def counted(self: Any, operation: str, given: Any) -> Any:
        answer = await call(self, operation, given)
        made.append((operation, answer["ContentLength"] if operation == "GetObject" else 0))
        return answer

    monkeypatch.setattr(aiobotocore.client.AioBaseClient, "_make_api_call", counted)
    return made


def test_texts_are_not_fetched_and_sizes_asked_for_once(s3: str, requests: list[tuple[str, int]]) -> None:
    store, draw = Store(f"{s3}/prefix"), np.random.default_rng(0)
    ids = [f"{n:032x}" for n in range(2 * ROW_GROUP)]
    for part in range(2):
        with store.writing(f"d/part-{part}.parquet") as written, PartWriter(written, SCHEMA) as writer:
            mine = ids[part * ROW_GROUP : (part + 1) * ROW_GROUP]
            writer.write(pa.record_batch([mine, [draw.bytes(1000).hex() for _ in mine]], SCHEMA))
    keys = store.list("d")
    size = sum(store.fs.info(store.path(key))["size"] for key in keys)
    with books(store) as open_books:
        requests.clear()
        (found,) = open_books.rows(keys, "doc_id = ?", [ids[5]], columns=("doc_id",))
        assert found["doc_id"] == ids[5]
        assert sum(n for _, n in requests) < size / 10
        asked = [operation for operation, _ in requests]
        assert asked.count("ListObjectsV2") == 1
        assert set(asked) == {"ListObjectsV2", "GetObject"}
        with pytest.raises(StoreError, match="cannot read the books"):
            open_books.rows(["d/part-7.parquet"], "true", [])
