"""`mix.shuffle`: a phase's documents in a pseudo-random order over the whole mix, in parts of bounded size.

A document's place is a hash of its doc_id, the seed and the phase, so the order depends on the documents alone. Copies
of a document have places of their own: repeats are spread over the training run instead of standing side by side.

Memory: a worker holds the text of some parts of the output (`runner/order.py` says how many), about twice, then one
such part (`part_bytes` of text, about three times that in all); never the mix, nor a whole part of it that is larger.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash
from pydantic import Field

from curation_lib.core.config import StageConfig
from curation_lib.core.recipe import Phase
from curation_lib.core.stage import Order
from curation_lib.text.hashing import places


class ShuffleConfig(StageConfig):
    """Settings of `mix.shuffle`. `part_bytes`: UTF-8 bytes of text in a part of the output, on average."""

    phase: Phase
    seed: int = Field(0, ge=0, lt=2**64)
    part_bytes: int = Field(64 * 2**20, ge=1)


def place(batch: pa.RecordBatch, copies: npt.NDArray[np.uint32], config: ShuffleConfig) -> pa.Array:
    """uint64[rows]: where each row stands among all rows."""
    seed = xxhash.xxh3_64_intdigest(f"shuffle {config.phase}".encode(), seed=config.seed)
    return pa.array(places(batch.column("doc_id"), copies, seed), pa.uint64())


def part_bytes(config: ShuffleConfig) -> int:
    """The setting of that name."""
    return config.part_bytes


STAGE = Order(
    name="mix.shuffle",
    version=1,
    config=ShuffleConfig,
    summary="Shuffles one phase over the whole mix, in parts of bounded size.",
    libraries=("pyarrow", "xxhash"),
    place=place,
    part_bytes=part_bytes,
)
