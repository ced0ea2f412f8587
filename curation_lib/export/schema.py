"""What a trainer reads: one flat row per document, no maps, no lists."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
from pydantic import Field

from curation_lib.core.config import StageConfig
from curation_lib.core.contract import DOCUMENT, conform
from curation_lib.core.recipe import Phase
from curation_lib.core.stage import Context, Result
from curation_lib.export.rendering import texts, tokens
from curation_lib.text.chat_template import ChatTemplateSetting
from curation_lib.text.tokenizers.settings import ESTIMATE, TokenizerSetting
from curation_lib.text.tokenizers.tokenizer import Tokenizer

EXPORT = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("language", pa.string()),
        pa.field("license", pa.string(), nullable=False),
        pa.field("format", pa.string(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("phase", pa.string(), nullable=False),
        pa.field("metadata", pa.string()),
    ]
)
"""`tokens` as the settings' tokenizer counts them; `metadata` is a JSON object with sorted keys, or null; `parents`
in it are the doc_ids of the documents that a generator was given."""
NOT_FOR_TRAINERS = frozenset({"synthetic_seed_text", "synthetic_raw"})
"""Metadata that stays in the house: texts that gates judge by, which the corpus holds elsewhere or has dropped."""


class ExportConfig(StageConfig):
    """Settings of every format. With `chat_template`, records are texts as it renders them. `compression_level` is
    zstd's."""

    phase: Phase
    tokenizer: TokenizerSetting = ESTIMATE
    chat_template: ChatTemplateSetting | None = None
    compression_level: int = Field(6, ge=1, le=19)


def convert(batch: pa.RecordBatch, config: ExportConfig, context: Context) -> Result:
    """Documents as EXPORT rows; none is dropped."""
    return Result(to_export(batch, config, context.model))


def to_export(batch: pa.RecordBatch, config: ExportConfig, tokenizer: Tokenizer) -> pa.RecordBatch:
    """Documents (DOCUMENT) as trainers get them (EXPORT), row for row, their tokens counted by `tokenizer`."""
    columns = {name: batch.column(name) for name in EXPORT.names if name in DOCUMENT.names}
    columns |= {"text": texts(batch, config), "tokens": tokens(batch, config, tokenizer)}
    columns["phase"] = pa.repeat(config.phase, batch.num_rows)
    columns["metadata"] = _as_json(batch.column("metadata"), batch.column("parents"))
    return conform(pa.RecordBatch.from_pydict(columns), EXPORT, "export")


def _as_json(metadata: pa.Array, parents: pa.Array) -> pa.Array:
    """Each map, with parents where there are any, as a JSON object with sorted keys; one without entries as null."""
    maps: list[dict[str, Any]] = [
        {key: value for key, value in pairs or () if key not in NOT_FOR_TRAINERS} | ({"parents": ids} if ids else {})
        for pairs, ids in zip(metadata.to_pylist(), parents.to_pylist(), strict=True)
    ]
    objects = [orjson.dumps(entries, option=orjson.OPT_SORT_KEYS) if entries else None for entries in maps]
    return pa.array(objects, pa.binary()).cast(pa.string())
