"""Rows that already hold text: cleaned and labelled, or taken as they are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from curation_lib.core.contract import CAPTURE
from curation_lib.core.errors import Unreadable
from curation_lib.core.stage import Context, Map, Result
from curation_lib.normalize.documents import NormalizeConfig, Text, assembled, documents, load, model_files
from curation_lib.normalize.unicode import clean


class PlainConfig(NormalizeConfig):
    """clean: off takes the text byte for byte (also an empty one)."""

    clean: bool = True


def fn(batch: pa.RecordBatch, config: PlainConfig, context: Context) -> Result:
    """Rule: `empty`. Quarantined: text that is not UTF-8."""
    if not config.clean and (text := _as_it_is(batch)) is not None:
        return Result(assembled(batch, text, context))

    def extract(row: int, capture: dict[str, Any]) -> Text:
        try:
            text = capture["raw"].decode("utf-8", "surrogatepass" if config.clean else "strict")
        except UnicodeDecodeError as e:
            raise Unreadable(f"invalid UTF-8: {e}") from e
        return clean(text) if config.clean else text

    return documents(batch, extract, context, keep_empty=not config.clean)


def _as_it_is(batch: pa.RecordBatch) -> pa.Array | None:
    """All raw bytes as text without a copy, or None where some are not UTF-8."""
    try:
        return batch.column("raw").cast(pa.large_string())
    except pa.ArrowInvalid:
        return None


STAGE = Map(
    name="normalize.plain",
    version=1,
    config=PlainConfig,
    summary="text rows to documents, cleaned and with their language",
    consumes=CAPTURE,
    libraries=("fasttext-community",),
    load=load,
    model_files=model_files,
    fn=fn,
)
