"""What every tokenizer does, over Arrow columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.text.buffers import Column

Counts: TypeAlias = npt.NDArray[np.int64]
Ids: TypeAlias = npt.NDArray[np.uint32]


class Encoded(NamedTuple):
    """Row i's tokens are ids[offsets[i]:offsets[i + 1]]. ids: uint32[tokens]; offsets: int64[rows + 1], from 0."""

    ids: Ids
    offsets: Counts


class Tokenizer(ABC):
    """A loaded tokenizer. Text is text: what spells a special token is encoded letter by letter, never as that token,
    so no document can end itself (but see `encode_marked`); nothing is put before or behind a text."""

    @abstractmethod
    def count(self, text: Column) -> Counts:
        """Tokens of each string (none may be null), int64, shape (len(text),)."""

    @abstractmethod
    def encode(self, text: Column) -> Encoded:
        """Ids of each string (none may be null)."""

    @abstractmethod
    def encode_marked(self, text: Column) -> Encoded:
        """Ids of texts that a chat template made: what spells a special token is that token. Always by the library."""

    def count_marked(self, text: Column) -> Counts:
        """Tokens of such texts."""
        return np.diff(self.encode_marked(text).offsets)

    @property
    def kernel(self) -> bool:
        """Whether texts are split and looked up by kernels, not by a library."""
        return False

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """One more than the largest id."""

    @property
    @abstractmethod
    def special_tokens(self) -> dict[str, int]:
        """Ids by spelling of the tokens that no text is encoded to."""

    @property
    @abstractmethod
    def eos(self) -> int:
        """Id of the token that ends a document. Raises ConfigError where none was named or found."""


def chosen_eos(ids: dict[str, int], eos: str | None, usual: tuple[str, ...], name: str) -> int:
    """Id of the token `eos`, else of the first of `usual` that is there. Raises ConfigError."""
    found = next((one for one in ([eos] if eos is not None else usual) if one in ids), None)
    if found is None:
        what = f"no token {eos}" if eos is not None else f"none of {', '.join(usual)}"
        near = ", ".join(sorted(ids)[:20]) or "it has no special tokens"
        raise ConfigError(f"tokenizer: {name} has {what} to end documents with; set eos to one of: {near}")
    return ids[found]
