"""SQL over the books of a build: Parquet files in the store, read through DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from curation_lib.audit.far_files import FarFiles
from curation_lib.core.errors import StoreError
from curation_lib.runner.store import Store


class Books:
    """Answers questions over lists of store keys. No keys, no rows."""

    def __init__(self, store: Store, connection: duckdb.DuckDBPyConnection) -> None:
        self.store, self._connection = store, connection
        if not store.is_local and not connection.filesystem_is_registered(_protocol(store)):
            connection.register_filesystem(FarFiles(store.fs))

    def of(self, store: Store) -> Books:
        """The same questions to another store."""
        return Books(store, self._connection)

    def rows(
        self, keys: Sequence[str], where: str, values: Sequence[Any], tail: str = "", columns: Sequence[str] = ("*",)
    ) -> list[dict[str, Any]]:
        """Rows of the Parquet files at `keys` that satisfy `where`, as dicts of `columns` (all, with `file` beside).

        Name the columns where the files hold texts: over S3 the others are then never fetched.
        """
        if not keys:
            return []
        wanted = ", ".join(columns)
        sql = f"SELECT {wanted} FROM read_parquet(?, filename='file', union_by_name=true) WHERE {where} {tail}"
        rows: list[dict[str, Any]] = self._answer(sql, [self._places(keys), *values]).to_pylist()
        return rows

    def table(self, sql: str, files: Mapping[str, Sequence[str]], **values: Any) -> pa.Table:
        """The answer to `sql`, where {name} is the table of the Parquet files at files[name], $name one of `values`."""
        used = {name: keys for name, keys in files.items() if f"{{{name}}}" in sql}
        asked = sql.format(**{name: f"read_parquet(${name})" for name in used})
        return self._answer(asked, {name: self._places(keys) for name, keys in used.items()} | values)

    def _answer(self, sql: str, values: Any) -> pa.Table:
        try:
            return self._connection.sql(sql, params=values).to_arrow_table()
        except duckdb.Error as e:
            raise StoreError(f"cannot read the books in {self.store.url}: {str(e).splitlines()[0]}") from e

    def _places(self, keys: Sequence[str]) -> list[str]:
        return [self._place(key) for key in keys]

    def _place(self, key: str) -> str:
        path = self.store.path(key)
        return path if self.store.is_local else str(self.store.fs.unstrip_protocol(path))


def _protocol(store: Store) -> str:
    protocol = store.fs.protocol
    return str(protocol if isinstance(protocol, str) else protocol[0])


@contextmanager
def books(store: Store) -> Iterator[Books]:
    """Open the books of a store."""
    connection = duckdb.connect(config={"threads": "2", "autoinstall_known_extensions": "false"})
    try:
        yield Books(store, connection)
    finally:
        connection.close()
