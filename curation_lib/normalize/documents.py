"""Assembles documents from captures and their texts; shared by every normalizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.contract import DOCUMENT
from curation_lib.core.errors import Unreadable
from curation_lib.core.stage import Bad, Context, Result
from curation_lib.core.taken import Drop
from curation_lib.text.buffers import joined
from curation_lib.text.hashing import content_hashes
from curation_lib.text.language import identify, load_model, model_path

Text = str | Drop
Extract = Callable[[int, dict[str, Any]], Text]


class NormalizeConfig(StageConfig):
    """language_model: path or cached name of lid.176; identify_language: off keeps what the record said."""

    identify_language: bool = True
    language_model: str = locate("lid.176.ftz")


def load(config: NormalizeConfig) -> Any:
    return load_model(model_path(config.language_model)) if config.identify_language else None


def model_files(config: NormalizeConfig) -> list[str]:
    return [model_path(config.language_model)] if config.identify_language else []


def documents(batch: pa.RecordBatch, extract: Extract, context: Context, keep_empty: bool = False) -> Result:
    """Documents of the captures whose text `extract` finds; it may drop a row or raise Unreadable."""
    rows: list[int] = []
    texts: list[str] = []
    drops: list[Drop] = []
    bad: list[Bad] = []
    read = batch.select(["raw", "media_type", "charset_hint", "metadata"]).to_pylist()
    for row, capture in enumerate(read):
        try:
            text = extract(row, capture)
        except Unreadable as e:
            bad.append(Bad(row, e.error))
            continue
        if isinstance(text, Drop):
            drops.append(text)
        elif not text and not keep_empty:
            drops.append(Drop(row, "empty", 0.0, 1.0))
        else:
            rows.append(row)
            texts.append(text)
    kept = batch.drop_columns(["raw"]).take(pa.array(rows, pa.int64()))
    text = joined([t.encode() for t in texts], pa.large_string())
    return Result(assembled(kept, text, context), drops, bad=bad)


def assembled(batch: pa.RecordBatch, text: pa.Array, context: Context) -> pa.RecordBatch:
    """Documents of the captures in `batch` with these texts, and with their language where there is a model."""
    language = batch.column("language")
    score = pa.nulls(batch.num_rows, pa.float32())
    if context.model is not None:
        languages, scores = identify(context.model, text.to_pylist())
        language, score = pa.array(languages, pa.string()), pa.array(scores, pa.float32())
    made = {
        "text": text,
        "content_hash": content_hashes(text),
        "language": language,
        "language_score": score,
        "parents": pa.nulls(batch.num_rows, pa.list_(pa.string())),
    }
    columns = [made[f.name] if f.name in made else batch.column(f.name) for f in DOCUMENT]
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENT)
