"""Gathers captures into batches of bounded size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from curation_lib.core.contract import CAPTURE
from curation_lib.core.stage import Read, Unread
from curation_lib.sources.inputs import SourceConfig
from curation_lib.text.buffers import joined
from curation_lib.text.hashing import doc_id

_DEFAULTS: Mapping[str, Any] = {
    "url": None,
    "opt_out": None,
    "fetched_at": None,
    "language": None,
    "charset_hint": None,
    "metadata": (),
}


class Captures:
    """Collects captures, skips and unreadable regions of one shard; `full` says when to hand them on."""

    def __init__(self, config: SourceConfig) -> None:
        self.config = config
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._skipped = 0
        self._unread: list[Unread] = []

    def add(
        self,
        source_id: str,
        raw: bytes,
        media_type: str,
        format: str,
        *,
        license: str | None = None,
        fetched_at: datetime | None = None,
        **columns: Any,
    ) -> None:
        """One capture; columns not given are null, the licence is the source's unless the record has one."""
        evidence = self.config.license_evidence if license is None else "record"
        self._rows.append(
            {
                **_DEFAULTS,
                "doc_id": doc_id(self.config.source, source_id),
                "source": self.config.source,
                "source_id": source_id,
                "license": license or self.config.license,
                "license_evidence": evidence,
                "format": format,
                "fetched_at": fetched_at,
                "raw": raw,
                "media_type": media_type,
                **columns,
            }
        )
        self._bytes += len(raw)

    def skip(self) -> None:
        """One record that is not a document by its kind (a request, a revisit): counted, nothing more."""
        self._skipped += 1

    def unread(self, locator: str, error: str, head: bytes = b"") -> None:
        """One record or region that cannot be read; the runner quarantines it."""
        self._unread.append(Unread(locator, error, head[:64]))

    @property
    def full(self) -> bool:
        rows = len(self._rows) + len(self._unread)
        return rows >= self.config.batch_rows or self._bytes >= self.config.batch_bytes

    def take(self) -> Read:
        """Everything gathered since the last take."""
        batch = _batch(self._rows) if self._rows else None
        read = Read(batch, self._skipped, tuple(self._unread))
        self._rows, self._bytes, self._skipped, self._unread = [], 0, 0, []
        return read


def _batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    columns = [
        joined([row["raw"] for row in rows], f.type)
        if f.name == "raw"
        else pa.array([row[f.name] for row in rows], f.type)
        for f in CAPTURE
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CAPTURE)
