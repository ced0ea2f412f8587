"""What is known of words: a table from the hash of a word, or of two neighbours, to a whole number.

Words are runs of ASCII letters, digits, `_` and bytes above 127 other than punctuation (UTF-8's E2 80 xx); `'`, `’`
and `-` join two such runs. Hashes fold ASCII case and write `’` as `'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.text.buffers import Hashes
from curation_lib.text.kernels import kernel

FUNCTION, FIRST_PERSON, HEDGE, PROMOTION, UNIT = (np.int64(1 << bit) for bit in range(5))
"""Classes of words, bits of an entry."""
RARITY_SHIFT, STORY_SHIFT = 8, 16
"""Where an entry holds two bytes more: how rare the word is, and how much it belongs to stories and talk."""
OFFSET, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
"""FNV-1a's, by which words are hashed."""
PAIR = np.uint64(0x9E3779B97F4A7C15)
"""By which the first of two neighbours is multiplied."""
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_MASK = 2**64 - 1


class Lexicon(NamedTuple):
    """Open addressing: `keys[slot]` (0: empty) and `entries[slot]`; sizes are powers of two, half empty at least.

    unknown: how rare a word without entry is, in eighths of a bit.
    """

    keys: Hashes
    entries: npt.NDArray[np.int64]
    unknown: int


def lexicon(entries: Mapping[int, int], unknown: int) -> Lexicon:
    """The table of `entries` by hash; equal mappings give equal tables in any order."""
    size = 1 << max(4, (2 * len(entries)).bit_length())
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    for key in sorted(entries):
        slot = (key ^ (key >> 32)) & (size - 1)
        while keys[slot]:
            slot = (slot + 1) & (size - 1)
        keys[slot], values[slot] = key, entries[key]
    return Lexicon(keys, values, unknown)


def word_key(words: str) -> int:
    """The hash of one word, or of two with a space between them, as the kernels compute it."""
    hashes = [_fnv(word) for word in words.replace("’", "'").split(" ")]
    return hashes[0] if len(hashes) == 1 else pair_key(*hashes)


def pair_key(first: int, second: int) -> int:
    """The hash of two neighbours from theirs."""
    return ((first * int(PAIR)) & _MASK) ^ second


def _fnv(word: str) -> int:
    state = int(OFFSET)
    for byte in word.encode().lower():  # of bytes: ASCII only
        state = ((state ^ byte) * int(PRIME)) & _MASK
    return state


def classes(lists: Iterable[tuple[np.int64, Iterable[str]]]) -> dict[int, int]:
    """Entries of word lists: the bits of every list that a word or pair stands in."""
    found: dict[int, int] = {}
    for bit, words in lists:
        for word in words:
            found[word_key(word)] = found.get(word_key(word), 0) | int(bit)
    return found


@kernel
def look_up(table: Lexicon, key: np.uint64) -> Any:
    """The entry of `key`, -1 where it has none."""
    mask = np.uint64(len(table.keys) - 1)
    slot = (key ^ (key >> _HALF)) & mask
    while table.keys[slot] != 0:
        if table.keys[slot] == key:
            return table.entries[slot]
        slot = (slot + _ONE) & mask
    return np.int64(-1)
