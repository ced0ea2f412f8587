"""Reading chosen documents back, little text at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.stage import Lookup
from curation_lib.dedup.decisions import firsts

SPAN = 4096
"""Documents within one such stretch of a shard are read together; only these are in memory."""
PIECE = 1024
"""They are handed on so many at a time: what is made of words takes several times their text."""


def read(shards: npt.NDArray[Any], rows: npt.NDArray[Any], lookup: Lookup) -> Iterator[tuple[int, pa.RecordBatch]]:
    """`(start, documents)`: the documents of shards[start:], rows[start:], at most PIECE of them.

    `shards` and `rows` are ascending, so every stretch of every shard is read at most once.
    """
    stretch = np.stack([shards.astype(np.int64), rows.astype(np.int64) // SPAN])
    starts = np.flatnonzero(firsts(*stretch)).tolist()
    for start, end in pairwise([*starts, len(rows)]):
        documents = lookup(int(shards[start]), rows[start:end].tolist())
        for begin in range(0, end - start, PIECE):
            yield start + begin, documents.slice(begin, PIECE)
