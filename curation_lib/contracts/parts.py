"""A dataset's Parquet parts as one DuckDB view, local or on any fsspec store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
from fsspec.spec import AbstractFileSystem

from curation_lib.core.errors import StoreError

COLUMNS = {
    "doc_id": "VARCHAR",
    "source": "VARCHAR",
    "url": "VARCHAR",
    "text": "VARCHAR",
    "content_hash": "VARCHAR",
    "language": "VARCHAR",
    "language_score": "DOUBLE",
    "license": "VARCHAR",
    "opt_out": "VARCHAR",
}
"""The document columns that contracts look at. One that the parts lack reads as all null."""


@contextmanager
def open_documents(
    parts: Sequence[str], fs: AbstractFileSystem | None = None, memory: str = "1GB"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the view `documents` (COLUMNS) over `parts`, which may be none.

    `fs` opens the paths; None means local files. Sorting and counting distinct values spill to a
    temporary folder beyond `memory`. Raises StoreError when a part cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-duckdb-") as spill:
        settings = {"memory_limit": memory, "temp_directory": spill, "autoinstall_known_extensions": "false"}
        con = duckdb.connect(config={**settings, "threads": "2"})
        try:
            _view(con, list(parts), fs)
            yield con
        except duckdb.Error as e:
            raise StoreError(f"cannot read {len(parts)} parts from {parts[0] if parts else '-'}: {e}") from e
        finally:
            con.close()


def _view(con: duckdb.DuckDBPyConnection, parts: list[str], fs: AbstractFileSystem | None) -> None:
    urls = [_url(con, fs, p) for p in parts]
    if not urls:
        fields = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS.items())
        con.execute(f"CREATE VIEW documents AS SELECT {fields} WHERE false")
        return
    listed = "[" + ", ".join("'" + u.replace("'", "''") + "'" for u in urls) + "]"
    present = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM read_parquet({listed})").fetchall()}
    fields = ", ".join(f"{name if name in present else 'NULL'}::{kind} AS {name}" for name, kind in COLUMNS.items())
    con.execute(f"CREATE VIEW documents AS SELECT {fields} FROM read_parquet({listed})")


def _url(con: duckdb.DuckDBPyConnection, fs: AbstractFileSystem | None, part: str) -> str:
    protocols = () if fs is None else (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
    if fs is None or "file" in protocols:
        return part.removeprefix("file://")
    if not con.filesystem_is_registered(protocols[0]):
        con.register_filesystem(fs)
    return str(fs.unstrip_protocol(part))
