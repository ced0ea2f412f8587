"""Which n-grams of some texts stand in others: an index of n-grams, and a kernel that looks every n-gram up in it.

N-grams are of `text.masked_words`: those that differ in numbers only match, too, unless more than half of their tokens
are numbers (else any table would match any other). A text of fewer than n tokens, but enough of them, is
indexed by shorter n-grams, all of one size. A match is by a 64-bit hash: the caller compares the tokens.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.masked_words import Tokens, masked_table, next_token, number_hash
from curation_lib.text.occurrences import spread

_STEP = np.uint64(0x9E3779B97F4A7C15)
_1, _3, _7 = np.uint64(1), np.uint64(3), np.uint64(7)
_BITS_PER_KEY = 16


class Grams(NamedTuple):
    """An index of n-grams. keys: distinct, ascending; n-gram k stands at (owners[j], places[j]) for j in
    [offsets[k], offsets[k + 1]): row of the texts indexed, token within the row.

    sizes: the lengths that occur. bits: a set of the keys' top bits, `64 - shift` of them. totals: int64 per row,
    n-grams that are in the index.
    """

    keys: Hashes
    offsets: Offsets
    owners: Offsets
    places: Offsets
    sizes: Offsets
    bits: Bytes
    shift: int
    totals: Offsets


class Matches(NamedTuple):
    """N-gram `grams[j]` of an index, `sizes[j]` tokens, is the bytes [starts[j], stops[j]) of row `rows[j]`."""

    rows: Offsets
    starts: Offsets
    stops: Offsets
    sizes: Offsets
    grams: Offsets


def ngram_index(tokens: Tokens, size: int, least: int, texts: Offsets, most_texts: int) -> Grams:
    """Index rows of tokens by n-grams of `size` tokens, shorter ones of at least `least` by those of `least`.

    texts: int64 per row, the text it comes from; an n-gram of more than `most_texts` texts is left out.
    """
    counts = np.diff(tokens.offsets)
    sizes = np.where(counts >= size, size, np.where(counts >= least, least, 0))
    keys, owners, places = _row_keys(tokens.masked, tokens.exact, tokens.offsets, sizes)
    distinct, number = np.unique(keys, return_inverse=True)
    pairs = np.unique(np.stack([number, texts[owners]]), axis=1)
    rare = np.bincount(pairs[0], minlength=len(distinct)) <= most_texts
    stays = rare[number]
    order = np.lexsort((places[stays], owners[stays], number[stays]))
    number, owners, places = number[stays][order], owners[stays][order], places[stays][order]
    keys = distinct[rare]
    ends = np.searchsorted(number, np.flatnonzero(rare), side="right").astype(np.int64)
    bits, shift = _bits(keys)
    totals = np.bincount(owners, minlength=len(counts)).astype(np.int64)
    used = np.unique(sizes[totals > 0]).astype(np.int64)
    return Grams(keys, np.concatenate([np.zeros(1, np.int64), ends]), owners, places, used, bits, shift, totals)


def ngram_matches(column: Column, grams: Grams, characters: bool = False) -> Matches:
    """Every n-gram of the rows of a text column that `grams` holds, by row, place and size."""
    found = _matches(
        *arrow_buffers(column), masked_table(), characters,
        grams.sizes, grams.keys, grams.bits, np.uint64(grams.shift),
    )  # fmt: skip
    return Matches(*np.ascontiguousarray(found[np.lexsort((found[:, 3], found[:, 1], found[:, 0]))].T))


def _bits(keys: Hashes) -> tuple[Bytes, int]:
    """One bit in 16 is set at most: most n-grams end here, with one look at memory that the cache holds."""
    width = max(16, int(len(keys) * _BITS_PER_KEY).bit_length())
    bits = np.zeros(2 ** (width - 3), np.uint8)
    places = keys >> np.uint64(64 - width)
    np.bitwise_or.at(bits, places >> np.uint64(3), (1 << (places & np.uint64(7))).astype(np.uint8))
    return bits, 64 - width


@njit(nogil=True, cache=True)
def _key(masked: np.uint64, exact: np.uint64, numbers: int, size: int) -> np.uint64:
    return spread((exact if 2 * numbers > size else masked) + np.uint64(size))


@njit(nogil=True, cache=True)
def _row_keys(masked: Hashes, exact: Hashes, offsets: Offsets, sizes: Offsets) -> tuple[Hashes, Offsets, Offsets]:
    """Keys of the n-grams of each row, sizes[row] tokens long (0: none), with row and token."""
    keys, owners = np.empty(len(masked), np.uint64), np.empty(len(masked), np.int64)
    places = np.empty(len(masked), np.int64)
    m, number = 0, number_hash()
    for row in range(len(sizes)):
        size = sizes[row]
        last = offsets[row + 1] - size if size else offsets[row] - 1
        for first in range(offsets[row], last + 1):
            h, g, numbers = np.uint64(0), np.uint64(0), 0
            for n in range(first, first + size):
                h, g = h * _STEP + masked[n], g * _STEP + exact[n]
                numbers += masked[n] == number
            keys[m], owners[m], places[m] = _key(h, g, numbers, size), row, first - offsets[row]
            m += 1
    return keys[:m], owners[:m], places[:m]


@njit(nogil=True, cache=True)
def _matches(
    data: Bytes, offsets: Offsets, table: npt.NDArray[np.uint32], characters: bool,
    sizes: Offsets, keys: Hashes, bits: Bytes, shift: np.uint64,
) -> npt.NDArray[np.int64]:  # fmt: skip
    """One pass over the text. A ring holds the last tokens; a polynomial per size rolls over them."""
    width = 64
    while len(sizes) and width <= sizes[-1]:
        width *= 2
    masks, exact, starts = np.zeros(width, np.uint64), np.zeros(width, np.uint64), np.zeros(width, np.int64)
    h, g, numbers = np.zeros(len(sizes), np.uint64), np.zeros(len(sizes), np.uint64), np.zeros(len(sizes), np.int64)
    leaving = np.array([_power(size) for size in sizes], np.uint64)
    out, m, number = np.empty((64, 5), np.int64), 0, number_hash()
    for row in range(len(offsets) - 1):
        base, end, count = offsets[row], offsets[row + 1], 0
        h[:], g[:], numbers[:] = 0, 0, 0
        start, stop, mask, real = next_token(data, base, end, table, characters, False)
        while start >= 0:
            at = count & (width - 1)
            masks[at], exact[at], starts[at] = mask, real, start
            count += 1
            for k in range(len(sizes)):
                size = sizes[k]
                h[k], g[k] = h[k] * _STEP + mask, g[k] * _STEP + real
                numbers[k] += mask == number
                if count > size:
                    old = (count - 1 - size) & (width - 1)
                    h[k], g[k] = h[k] - masks[old] * leaving[k], g[k] - exact[old] * leaving[k]
                    numbers[k] -= masks[old] == number
                if count >= size:
                    key = _key(h[k], g[k], numbers[k], size)
                    place = key >> shift
                    if bits[place >> _3] >> (place & _7) & _1:
                        gram = np.searchsorted(keys, key)
                        if gram < len(keys) and keys[gram] == key:
                            out = _room(out, m)
                            first = starts[(count - size) & (width - 1)] - base
                            out[m, 0], out[m, 1], out[m, 2], out[m, 3], out[m, 4] = row, first, stop - base, size, gram
                            m += 1
            start, stop, mask, real = next_token(data, stop, end, table, characters, False)
    return out[:m]


@njit(nogil=True, cache=True)
def _power(size: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(size):
        power *= _STEP
    return power


@njit(nogil=True, cache=True)
def _room(out: npt.NDArray[np.int64], used: int) -> npt.NDArray[np.int64]:
    """`out` with room for one row more."""
    if used < len(out):
        return out
    wider = np.empty((2 * used, 5), np.int64)
    wider[:used] = out
    return wider
