"""Texts through a tokenizer that takes Python strings, in pieces of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from curation_lib.core.errors import ContractError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Ids

ROWS = 256
"""Texts that are Python strings, and their tokens Python objects, at one time."""
Encode = Callable[[Sequence[str]], Sequence[Ids]]


def encoded(text: Column, encode: Encode) -> Encoded:
    """The ids of every row, one after the other."""
    pieces = [one for ids in _pieces(text, encode) for one in ids]
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(ids) for ids in pieces], out=offsets[1:])
    return Encoded(np.concatenate([np.zeros(0, np.uint32), *pieces]), offsets)


def counted(text: Column, encode: Encode) -> Counts:
    """The number of ids of every row; the ids of ROWS texts are held at one time."""
    return np.fromiter((len(one) for ids in _pieces(text, encode) for one in ids), np.int64, len(text))


def _pieces(text: Column, encode: Encode) -> Iterator[Sequence[Ids]]:
    if text.null_count:
        raise ContractError(f"text column holds {text.null_count} nulls; fill or drop them first")
    array = text if isinstance(text, pa.Array) else text.combine_chunks()
    for start in range(0, len(array), ROWS):
        yield encode(array.slice(start, ROWS).to_pylist())
