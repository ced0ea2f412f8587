"""What filters say of documents that stay, in the documents' own `metadata`: later steps and trainers read it there."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from curation_lib.core.contract import DOCUMENT


def annotated(batch: pa.RecordBatch, notes: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """`batch` with each document's notes in its metadata, over entries of the same key; a null note is none."""
    if not notes:
        return batch
    added = [
        dict(zip(notes, values, strict=True)) for values in zip(*(n.to_pylist() for n in notes.values()), strict=True)
    ]
    at = batch.schema.get_field_index("metadata")
    made = [
        list((dict(old or ()) | {key: value for key, value in new.items() if value is not None}).items()) or old
        for old, new in zip(batch.column(at).to_pylist(), added, strict=True)
    ]
    return batch.set_column(at, DOCUMENT.field("metadata"), pa.array(made, DOCUMENT.field("metadata").type))
