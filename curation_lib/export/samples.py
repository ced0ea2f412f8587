"""What formats for trainers' own loaders are made of: each document as text, or as a named tokenizer's ids.

A document's ids end with one end-of-text id, so that documents that share a sequence stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from curation_lib.core.stage import Context, Result
from curation_lib.export.packing import Packing, Sequences, packed
from curation_lib.export.rendering import ids as encoded
from curation_lib.export.rendering import texts
from curation_lib.export.schema import ExportConfig
from curation_lib.text.tokenizers.tokenizer import Encoded, Tokenizer

SAMPLES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("ids", pa.large_list(pa.uint32())),
    ]
)
"""One row per document: its text where no tokenizer is named, else its ids."""
SMALL = 65_500
"""Vocabularies below this are written as uint16, as Megatron-LM does; others as int32."""


class SamplesConfig(ExportConfig):
    """Settings of formats that hold text or ids. `packing` and `sequence_length` (tokens) shape sequences of ids."""

    packing: Packing = "none"
    sequence_length: int | None = Field(None, ge=2, le=2**24)

    @model_validator(mode="after")
    def _records_are_rendered(self) -> SamplesConfig:
        if self.phase == "posttrain" and self.chat_template is None:
            raise ValueError(
                "records have no text to train on of their own, and the copy for readers holds rejected answers, too: "
                "set mixes.posttrain.chat_template, or export them as chat"
            )
        return self

    @model_validator(mode="after")
    def _sequences_have_a_length(self) -> SamplesConfig:
        if self.packing != "none" and self.sequence_length is None:
            raise ValueError(f"packing {self.packing} needs sequence_length, such as 4096")
        if self.packing == "none" and self.sequence_length is not None:
            raise ValueError("sequence_length has no use without packing: write packing: concatenate or best_fit")
        if self.packing != "none" and not self.tokenizer.has_ids:
            raise ValueError(
                "packing needs a tokenizer with ids: name a tokenizer.json or tiktoken/<encoding> as "
                f"mixes.{self.phase}.tokenizer"
            )
        return self


class TokensConfig(SamplesConfig):
    """Settings of formats that hold ids and nothing else."""

    @model_validator(mode="after")
    def _has_ids(self) -> TokensConfig:
        if not self.tokenizer.has_ids:
            raise ValueError(
                f"this format holds ids: name a tokenizer.json or tiktoken/<encoding> as mixes.{self.phase}.tokenizer"
            )
        return self


def convert(batch: pa.RecordBatch, config: SamplesConfig, context: Context) -> Result:
    """Documents as SAMPLES, row for row; none is dropped."""
    nothing = {name: pa.nulls(batch.num_rows, SAMPLES.field(name).type) for name in ("text", "ids")}
    columns = {name: batch.column(name) for name in ("doc_id", "source", "license")} | nothing
    if config.tokenizer.has_ids:
        columns["ids"] = _ended(encoded(batch, config, context.model), context.model.eos)
    else:
        columns["text"] = texts(batch, config)
    return Result(pa.RecordBatch.from_arrays([columns[name] for name in SAMPLES.names], schema=SAMPLES))


def _ended(encoded: Encoded, eos: int) -> pa.Array:
    """Every document's ids with `eos` behind them."""
    offsets = encoded.offsets + np.arange(len(encoded.offsets))
    ids = np.empty(len(encoded.ids) + len(offsets) - 1, np.uint32)
    ends = np.zeros(len(ids), np.bool_)
    ends[offsets[1:] - 1] = True
    ids[ends], ids[~ends] = eos, encoded.ids
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(ids))


class Part(NamedTuple):
    """A part's documents. ids: uint32[tokens]; offsets: int64[documents + 1]."""

    ids: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]


def collected(batches: Iterable[pa.RecordBatch]) -> Part:
    """The ids of all documents of a part, one after the other."""
    columns = [batch.column("ids") for batch in batches]
    lengths = [np.diff(column.offsets.to_numpy()) for column in columns]
    ids = [column.flatten().to_numpy() for column in columns]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))])
    return Part(np.concatenate([np.zeros(0, np.uint32), *ids]), offsets)


def sequences(batches: Iterable[pa.RecordBatch], config: SamplesConfig, tokenizer: Tokenizer) -> Sequences:
    """A part's documents as the settings pack them, in the smallest type that trainers read."""
    part = collected(batches)
    found = packed(part.ids, part.offsets, config.packing, config.sequence_length, tokenizer.eos)
    return found._replace(ids=found.ids.astype(id_type(tokenizer)))


def id_type(tokenizer: Tokenizer) -> type[np.uint16] | type[np.int32]:
    """uint16 for vocabularies below SMALL, else int32."""
    return np.uint16 if tokenizer.vocab_size < SMALL else np.int32


def counts(found: Sequences) -> dict[str, int]:
    """What a file of sequences holds: `tokens` are those of texts, `ends` those between documents."""
    return {
        "sequences": len(found.offsets) - 1,
        "tokens": len(found.ids) - found.ends - found.padding,
        "ends": found.ends,
        "padding": found.padding,
    }
