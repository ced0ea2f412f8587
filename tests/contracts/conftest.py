"""Small real datasets for the gates: Parquet parts written by the test itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from curation_lib.core.contract import DOCUMENT


def _document(number: int, **changed: Any) -> dict[str, Any]:
    text = f"Document {number} says something of its own."
    return {
        "doc_id": xxhash.xxh3_128_hexdigest(f"web{number}".encode()),
        "source": "web",
        "source_id": str(number),
        "url": f"https://example.org/{number}",
        "text": text,
        "content_hash": xxhash.xxh3_128_hexdigest(text.encode()),
        "language": "en",
        "language_score": 0.9,
        "license": "CC0-1.0",
        "format": "html",
        **changed,
    }


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    """document(number, **changed) -> one row of a sound dataset."""
    return _document


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """write(rows) -> the path of a new Parquet part holding them."""
    count = iter(range(1000))

    def _write(rows: list[dict[str, Any]], schema: pa.Schema = DOCUMENT) -> str:
        path = tmp_path / f"part-{next(count):05d}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        return str(path)

    return _write


@pytest.fixture
def s3() -> Iterator[Any]:
    """An S3 filesystem on a server in this process, with the empty bucket `bucket`."""
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    fs = S3FileSystem(
        key="k",
        secret="s",
        endpoint_url=f"http://{host}:{port}",
        skip_instance_cache=True,
        client_kwargs={"region_name": "eu-west-1"},
    )
    fs.mkdir("bucket")
    yield fs
    fs.rm("bucket", recursive=True)  # servers of one process share their state
    server.stop()
