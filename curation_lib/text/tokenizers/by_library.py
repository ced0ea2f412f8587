"""A tokenizer of a library that takes Python strings: by kernels where they know its pattern, else by its own calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation_lib.core.errors import ContractError
from curation_lib.text.buffers import Column
from curation_lib.text.tokenizers.pieces import Pieces
from curation_lib.text.tokenizers.tokenizer import Counts, Encoded, Ids, Tokenizer

ROWS = 256
"""Texts that are Python strings, and their tokens Python objects, at one time."""


class ByLibrary(Tokenizer):
    """pieces: the kernels; None where everything goes through the library."""

    pieces: Pieces | None

    @abstractmethod
    def by_library(self, texts: Sequence[str]) -> Sequence[Ids]:
        """The library's own ids of each text."""

    @abstractmethod
    def marked_by_library(self, texts: Sequence[str]) -> Sequence[Ids]:
        """The same where special tokens are found in texts."""

    def whole(self, text: Column) -> npt.NDArray[np.bool_] | None:
        """bool[rows]: texts that go to the library although there are kernels."""
        return None

    @property
    def kernel(self) -> bool:
        return self.pieces is not None

    def count(self, text: Column) -> Counts:
        if self.pieces:
            return self.pieces.count(text, self.whole(text))
        return np.fromiter((len(one) for ids in _each(text, self.by_library) for one in ids), np.int64, len(text))

    def encode(self, text: Column) -> Encoded:
        if self.pieces:
            return self.pieces.encode(text, self.whole(text))
        return _encoded(_each(text, self.by_library))

    def encode_marked(self, text: Column) -> Encoded:
        return _encoded(_each(text, self.marked_by_library))


def _encoded(parts: Iterable[Sequence[Ids]]) -> Encoded:
    found = [one for ids in parts for one in ids]
    offsets = np.zeros(len(found) + 1, np.int64)
    np.cumsum([len(ids) for ids in found], out=offsets[1:])
    return Encoded(np.concatenate([np.zeros(0, np.uint32), *found]), offsets)


def _each(text: Column, of: Callable[[Sequence[str]], Sequence[Ids]]) -> Iterator[Sequence[Ids]]:
    if text.null_count:
        raise ContractError(f"text column holds {text.null_count} nulls; fill or drop them first")
    array = text if isinstance(text, pa.Array) else text.combine_chunks()
    for start in range(0, len(array), ROWS):
        yield of(array.slice(start, ROWS).to_pylist())
