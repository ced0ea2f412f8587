"""Words of another tokenizer as kernels know words: hash, length, flags and glue of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.blocks import text_hash
from curation_lib.text.buffers import Bytes, Hashes, Offsets
from curation_lib.text.characters import ALPHABETIC, PUNCTUATION, SENTENCE_END, SYMBOL, Table, character_table, decode
from curation_lib.text.chunks import glue_of
from curation_lib.text.ngrams import Counts

_ALL = SYMBOL | SENTENCE_END | PUNCTUATION


def described(words: Iterable[str]) -> tuple[Hashes, Offsets, npt.NDArray[np.uint16], Hashes]:
    """Hash, length, flags and glue of each word."""
    encoded = [word.encode() for word in words]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(word) for word in encoded], out=offsets[1:])
    count = len(encoded)
    hashes, lengths, flags = np.empty(count, np.uint64), np.empty(count, np.int64), np.empty(count, np.uint16)
    glue = np.empty(count, np.uint64)
    data = np.frombuffer(b"".join(encoded), np.uint8)
    _describe(data, offsets, character_table(), hashes, lengths, flags, glue)
    return hashes, lengths, flags, glue


@njit(nogil=True, cache=True)
def _describe(
    data: Bytes, offsets: Offsets, table: Table, hashes: Hashes, lengths: Counts, flags: npt.NDArray[np.uint16],
    glue: Hashes,
) -> None:  # fmt: skip
    """Hash, characters, flags and glue of each word data[offsets[w]:offsets[w + 1]]."""
    for w in range(len(offsets) - 1):
        i, length = offsets[w], 0
        any_: Any = 0
        all_: Any = _ALL
        while i < offsets[w + 1]:
            code, width = decode(data, i, offsets[w + 1])
            any_, all_ = any_ | np.int64(table[code]), all_ & np.int64(table[code])
            length, i = length + 1, i + width
        hashes[w], lengths[w] = text_hash(data, offsets[w], offsets[w + 1]), length
        flags[w], glue[w] = all_ | (any_ & ALPHABETIC), glue_of(data, offsets[w], offsets[w + 1])
