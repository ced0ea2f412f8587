"""How a row of JSONL or Parquet becomes a capture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import orjson

from curation_lib.core.errors import Unreadable
from curation_lib.sources.captures import Captures
from curation_lib.sources.inputs import SourceConfig

_RESERVED = {
    "url",
    "language",
    "opt_out",
    "license",
    "fetched_at",
    "metadata",
    "format",
    "doc_id",
    "source",
    "source_id",
}


class IdConfig(SourceConfig):
    """Which field holds the id. A row without one is called by its file and row number."""

    id_field: str = "id"


class RowConfig(IdConfig):
    """Which fields hold text and id."""

    text_field: str = "text"


Config = TypeVar("Config", bound=IdConfig)
AddRow = Callable[[Mapping[str, Any], str, Config, Captures], None]
"""What a reader does with a row: its locator, the settings, and where its capture goes, or why there is none."""


def add_row(row: Mapping[str, Any], locator: str, config: RowConfig, captures: Captures) -> None:
    """One row as a capture, or as unreadable with the reason. Other fields go to `metadata` as text."""
    try:
        raw = _raw(row, config)
        metadata = metadata_of(row, known(config.text_field, config.id_field))
    except Unreadable as e:
        captures.unread(locator, e.error, e.head)
        return
    add_text(raw, row, metadata, locator, config, captures, _given(row, "format") or "text")


def add_text(
    raw: bytes,
    row: Mapping[str, Any],
    metadata: Sequence[tuple[str, str]],
    locator: str,
    config: IdConfig,
    captures: Captures,
    format: str,
) -> None:
    """One capture of the text `raw`; who it is and where it comes from stands in the row."""
    captures.add(
        _given(row, config.id_field) or _given(row, "source_id") or locator,
        raw,
        "text/plain",
        format,
        url=_string(row, "url"),
        license=_string(row, "license"),
        opt_out=_string(row, "opt_out"),
        fetched_at=_time(row.get("fetched_at")),
        language=_string(row, "language"),
        charset_hint="utf-8",
        metadata=metadata,
    )


def _raw(row: Mapping[str, Any], config: RowConfig) -> bytes:
    text = row.get(config.text_field)
    if not isinstance(text, str):
        reason = "is missing" if config.text_field not in row else f"is {type(text).__name__}, not a string"
        raise Unreadable(f"field {config.text_field!r} {reason}", head=str(row)[:64].encode())
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > config.max_document_bytes:
        raise Unreadable(f"{len(raw)} bytes is over max_document_bytes {config.max_document_bytes}", head=raw)
    return raw


def _given(row: Mapping[str, Any], name: str) -> str:
    """The value as text; empty where there is none (0 is a value)."""
    value = row.get(name)
    return "" if value is None else str(value)


def _string(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def metadata_of(row: Mapping[str, Any], apart: frozenset[str]) -> list[tuple[str, str]]:
    """Fields that are not known, and the pairs of a nested `metadata`: a mapping, or Arrow's list of pairs."""
    rest = {k: v for k, v in row.items() if k not in apart and v is not None}
    if not rest:
        return []
    nested = rest.get("metadata")
    if isinstance(nested, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in nested):
        nested = dict(nested)
    if isinstance(nested, Mapping):
        rest = {**{k: v for k, v in rest.items() if k != "metadata"}, **nested}
    try:
        return sorted((str(k), _text(v)) for k, v in rest.items() if v is not None)
    except TypeError as e:  # nested deeper than orjson writes
        raise Unreadable(f"a field cannot be kept as metadata: {e}") from e


@cache
def known(*fields: str) -> frozenset[str]:
    """Fields that are not metadata: those of a document, and `fields`."""
    return frozenset({*_RESERVED, *fields} - {"metadata"})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _time(value: Any) -> datetime | None:
    """UTC; null where the value is no time or falls outside the years 1 to 9999."""
    if value is None:
        return None
    try:
        value = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(value, datetime):
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
