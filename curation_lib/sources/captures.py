"""Gathers captures into batches of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from curation_lib.core.contract import CAPTURE
from curation_lib.core.stage import Read, Unread
from curation_lib.sources.inputs import SourceConfig
from curation_lib.text.buffers import joined
from curation_lib.text.hashing import doc_id


class Captures:
    """Collects captures, skips and unreadable regions of one shard; `full` says when to hand them on."""

    def __init__(self, config: SourceConfig) -> None:
        self.config = config
        self._rows: list[tuple[Any, ...]] = []
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
        url: str | None = None,
        license: str | None = None,
        opt_out: str | None = None,
        fetched_at: datetime | None = None,
        language: str | None = None,
        charset_hint: str | None = None,
        metadata: Sequence[tuple[str, str]] = (),
    ) -> None:
        """One capture; the licence is the source's unless the record has one."""
        source = self.config.source
        self._rows.append(  # in the order of CAPTURE: a tuple costs a third of a dict, and zip turns rows to columns
            (
                doc_id(source, source_id),
                source,
                source_id,
                url,
                license or self.config.license,
                self.config.license_evidence if license is None else "record",
                opt_out,
                format,
                fetched_at,
                language,
                raw,
                media_type,
                charset_hint,
                metadata,
            )
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


def _batch(rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = [
        joined(values, field.type) if field.name == "raw" else pa.array(values, field.type)
        for field, values in zip(CAPTURE, zip(*rows, strict=True), strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CAPTURE)
