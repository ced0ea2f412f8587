"""Captures to normalize, and what came of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from curation_lib.core.contract import CAPTURE, DOCUMENT, conform
from curation_lib.core.stage import Context, Map, Result


def captures(*raws: bytes, **columns: Any) -> pa.RecordBatch:
    """One capture per body; `columns` give the same value to each."""
    fixed = {"source": "s", "license": "CC0-1.0", "format": "html", "media_type": "text/html", "metadata": []}
    rows = [
        {**dict.fromkeys(CAPTURE.names), **fixed, **columns, "doc_id": str(n), "source_id": str(n), "raw": raw}
        for n, raw in enumerate(raws)
    ]
    return pa.RecordBatch.from_pylist(rows, CAPTURE)


def run(stage: Map, batch: pa.RecordBatch, **settings: Any) -> Result:
    """The stage's result, without language identification unless asked for."""
    config = stage.config.model_validate({"identify_language": False, **settings})
    model = stage.load(config) if stage.load else None
    result = stage.fn(batch, config, Context(model))
    assert result.kept.num_rows + len(result.drops) + len(result.bad) == batch.num_rows
    conform(result.kept, DOCUMENT, stage.name)
    return result


def texts(result: Result) -> list[str]:
    return [str(text) for text in result.kept.column("text").to_pylist()]
