"""The Arrow schemas that flow between stages and stand in the books.

Document is the only thing that flows; Capture is what a source hands to normalize before the raw
bytes are let go. Ledger and quarantine rows are written beside every dataset.
"""

from __future__ import annotations

import pyarrow as pa

from curation_lib.core.errors import ContractError

_IDENTITY = [
    pa.field("doc_id", pa.string(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("source_id", pa.string(), nullable=False),
    pa.field("url", pa.string()),
]
_ORIGIN = [
    pa.field("license", pa.string(), nullable=False),
    pa.field("license_evidence", pa.string()),
    pa.field("opt_out", pa.string()),
    pa.field("format", pa.string(), nullable=False),
    pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
]
SYNTHETIC = "synthetic"
"""The `format` of documents that a generator wrote."""
_METADATA = pa.field("metadata", pa.map_(pa.string(), pa.string()))

CAPTURE = pa.schema(
    [
        *_IDENTITY,
        *_ORIGIN,
        pa.field("language", pa.string()),
        pa.field("raw", pa.large_binary(), nullable=False),
        pa.field("media_type", pa.string(), nullable=False),
        pa.field("charset_hint", pa.string()),
        _METADATA,
    ]
)
DOCUMENT = pa.schema(
    [
        *_IDENTITY,
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("language_score", pa.float32()),
        *_ORIGIN,
        pa.field("parents", pa.list_(pa.string())),
        _METADATA,
    ]
)
DROPS = pa.schema(
    [
        *_IDENTITY,
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("also_failed", pa.list_(pa.string())),
        pa.field("score", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("kept_twin", pa.string()),
        pa.field("evidence", pa.string()),
    ]
)
EDITS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("text_hash", pa.string(), nullable=False),
        pa.field("evidence", pa.string()),
    ]
)
EDGES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("twin", pa.string(), nullable=False),
        pa.field("similarity", pa.float64()),
        pa.field("stage", pa.string(), nullable=False),
    ]
)
QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("error", pa.string(), nullable=False),
        pa.field("bytes_head", pa.binary()),
    ]
)


def conform(batch: pa.RecordBatch, schema: pa.Schema, where: str) -> pa.RecordBatch:
    """`batch` with exactly `schema`'s columns, order and types.

    Raises ContractError, naming `where` and the column, when a column is missing or unknown, does not
    cast, or holds nulls where the schema allows none.
    """
    missing = [f.name for f in schema if f.name not in batch.schema.names]
    unknown = [n for n in batch.schema.names if n not in schema.names]
    if missing or unknown:
        raise ContractError(f"{where}: columns missing {missing}, unknown {unknown}; fix the stage's output")
    return pa.RecordBatch.from_arrays([_column(batch, f, where) for f in schema], schema=schema)


def _column(batch: pa.RecordBatch, field: pa.Field, where: str) -> pa.Array:
    column = batch.column(field.name)
    if column.type != field.type:
        try:
            column = column.cast(field.type)
        except pa.ArrowException as e:
            raise ContractError(f"{where}: column {field.name!r} is {column.type}, not {field.type}: {e}") from e
    if not field.nullable and column.null_count:
        row = column.is_null().index(pa.scalar(True)).as_py()
        raise ContractError(f"{where}: column {field.name!r} is null in row {row}; fix the stage's output")
    return column
