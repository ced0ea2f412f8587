"""How a row of JSONL or Parquet becomes a capture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from curation_lib.sources.captures import Captures
from curation_lib.sources.inputs import SourceConfig

_COLUMNS = ("url", "language", "opt_out")
_RESERVED = {*_COLUMNS, "license", "fetched_at", "metadata", "format", "doc_id", "source", "source_id"}


class RowConfig(SourceConfig):
    """Which fields hold text and id. A row without an id is called by its file and row number."""

    text_field: str = "text"
    id_field: str = "id"


def add_row(row: Mapping[str, Any], locator: str, config: RowConfig, captures: Captures) -> None:
    """One row as a capture, or as an unreadable row with the reason. Other fields go to `metadata` as text."""
    text = row.get(config.text_field)
    if not isinstance(text, str):
        reason = "is missing" if config.text_field not in row else f"is {type(text).__name__}, not a string"
        captures.unread(locator, f"field {config.text_field!r} {reason}", orjson.dumps(row, default=str)[:64])
        return
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > config.max_document_bytes:
        captures.unread(
            locator, f"{len(raw)} bytes is over max_document_bytes {config.max_document_bytes}", raw
        )
        return
    given = row.get(config.id_field, row.get("source_id"))
    captures.add(
        locator if given is None else str(given),
        raw,
        "text/plain",
        str(row.get("format") or "text"),
        license=row.get("license") if isinstance(row.get("license"), str) else None,
        fetched_at=_time(row.get("fetched_at")),
        charset_hint="utf-8",
        metadata=_metadata(row, config),
        **{name: row[name] for name in _COLUMNS if isinstance(row.get(name), str)},
    )


def _metadata(row: Mapping[str, Any], config: RowConfig) -> list[tuple[str, str]]:
    given = row.get("metadata")
    nested = dict(given) if isinstance(given, Mapping | list) and given else {}
    rest = {
        k: v for k, v in row.items() if k not in _RESERVED and k not in (config.text_field, config.id_field)
    }
    return sorted((str(k), _text(v)) for k, v in {**rest, **nested}.items() if v is not None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
