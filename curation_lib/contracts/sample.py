"""A bounded, deterministic sample of documents, so that a failed expectation can show examples."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd
from fsspec.spec import AbstractFileSystem
from xxhash import xxh3_64_intdigest

from curation_lib.contracts.columns import SAMPLE
from curation_lib.contracts.parts import open_documents

SIZE = 200
PREFIX = 500


def sample_documents(
    parts: Sequence[str], fs: AbstractFileSystem | None = None, size: int = SIZE, prefix: int = PREFIX
) -> pd.DataFrame:
    """The `size` documents with the smallest xxh3_64(doc_id): SAMPLE, `text` cut to `prefix` characters.

    The same for any order or split of parts. Ids are streamed and only `size` of them held.
    No parts give no rows. Raises StoreError when a part cannot be read.
    """
    with open_documents(parts, fs) as con:
        ids = _smallest(con, size)
        fields = ", ".join(f"left(text, {int(prefix)}) AS text" if c == "text" else c for c in SAMPLE)
        chosen = f"SELECT {fields} FROM documents WHERE doc_id IN (SELECT unnest(?))"
        frame = con.execute(f"{chosen} ORDER BY ALL LIMIT {int(size)}", [ids]).df()
        return frame.astype("object").where(frame.notna(), None)


def _smallest(con: duckdb.DuckDBPyConnection, size: int) -> list[str]:
    best: list[tuple[int, str]] = []
    rows = con.execute("SELECT doc_id FROM documents WHERE doc_id IS NOT NULL")
    while batch := rows.fetchmany(10_000):
        limit = best[-1][0] if len(best) == size else 1 << 64
        near = {(h, i) for (i,) in batch if (h := xxh3_64_intdigest(i.encode())) <= limit}
        best = sorted(near.union(best))[:size]
    return [i for _, i in best]
