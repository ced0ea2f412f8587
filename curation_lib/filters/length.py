"""`filters.length`: bounds on a text's size.

Scores, int64: `characters` (code points), `bytes` (UTF-8), `tokens` (of the setting `tokenizer`; bytes over four
unless it names another).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import Context, Filter
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.tokenizers.loading import load
from curation_lib.text.tokenizers.settings import ESTIMATE, TokenizerSetting, tokenizer_files, tokenizer_libraries


class LengthConfig(StageConfig):
    """Null turns a bound off; both ends belong to what is kept. `tokenizer` is what counts tokens."""

    tokenizer: TokenizerSetting = measure(ESTIMATE)
    min_characters: int | None = keep(1, ge=0)
    max_characters: int | None = keep(None, ge=0)
    min_bytes: int | None = keep(None, ge=0)
    max_bytes: int | None = keep(None, ge=0)
    min_tokens: int | None = keep(None, ge=0)
    max_tokens: int | None = keep(None, ge=0)


def measure_length(batch: pa.RecordBatch, config: LengthConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    text = batch.column("text")
    sizes = {"characters": pc.utf8_length(text), "bytes": pc.binary_length(text)}
    scores = {name: column.cast(pa.int64()) for name, column in sizes.items()}
    return pa.RecordBatch.from_pydict({**scores, "tokens": context.model.count(text)})


STAGE = Filter(
    name="filters.length",
    version=3,
    config=LengthConfig,
    summary="least and most characters, bytes and tokens",
    libraries_of=tokenizer_libraries,
    load=load,
    model_files=tokenizer_files,
    measure=measure_length,
    keep=keep_by_thresholds,
)
