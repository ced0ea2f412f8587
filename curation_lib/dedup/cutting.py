"""What is cut out of a text when some of its words and paragraphs go.

A paragraph goes whole, with the white space behind it, or before it where nothing is kept behind. Of any other
paragraph each run of words that go is cut from its first letter to the first letter of the next word that
stays; where none follows in the paragraph, to the paragraph's end, with the white space before the cut. So
what stands around a cut keeps its punctuation, and two words are joined only if none stood between them and
what was cut (as in `A字B`). Cuts lie between characters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.characters import Table, strip_space
from curation_lib.text.paragraphs import Paragraphs

Flags = npt.NDArray[np.bool_]


class Cuts(NamedTuple):
    """Disjoint cuts in text order: bytes [starts, stops) of the text of `rows`; `whole` where a paragraph was
    named. left: the words that stay, per text."""

    rows: Offsets
    starts: Offsets
    stops: Offsets
    whole: Flags
    left: Offsets


@njit(nogil=True, cache=True)
def flags(runs: npt.NDArray[np.uint32], run_offsets: Offsets, item_offsets: Offsets, extra: int) -> Flags:
    """True for items that one of their row's runs holds. A row's runs are flattened pairs begin, end, and each
    reaches `extra` items further."""
    out = np.zeros(item_offsets[-1], np.bool_)
    for row in range(len(item_offsets) - 1):
        for n in range(run_offsets[row], run_offsets[row + 1], 2):
            first, last = np.int64(runs[n]), np.int64(runs[n + 1]) + extra
            out[item_offsets[row] + first : item_offsets[row] + last] = True
    return out


@njit(nogil=True, cache=True)
def cut(
    data: Bytes, offsets: Offsets, words: Offsets, word_offsets: Offsets, gone: Flags,
    blocks: Paragraphs, named: Flags, table: Table,
) -> Cuts:  # fmt: skip
    """Cut what is `gone` (per word, `words` being their starts) and `named` (per paragraph; it holds words)."""
    most = len(words)
    rows, starts, stops = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    cuts = Cuts(rows, starts, stops, np.empty(most, np.bool_), np.zeros(len(offsets) - 1, np.int64))
    m = 0
    for row in range(len(offsets) - 1):
        word, last = word_offsets[row], blocks.offsets[row + 1]
        before = kept = m
        tail = np.int64(0)  # where the last paragraph that stays ends; `kept` cuts stand before that
        for block in range(blocks.offsets[row], last):
            end, stays = word, 0
            while end < word_offsets[row + 1] and words[end] < blocks.stops[block]:
                stays += not gone[end]
                end += 1
            if named[block] or (word < end and stays == 0):
                behind = blocks.starts[block + 1] if block + 1 < last else offsets[row + 1] - offsets[row]
                starts[m], stops[m], cuts.whole[m] = blocks.starts[block], behind, named[block]
                m += 1
            else:
                cuts.left[row] += stays
                m = _cut_words(data, offsets[row], words, word, end, gone, blocks, block, table, cuts, m)
                kept, tail = m, blocks.stops[block]
            word = end
        if kept < m:
            starts[kept] = tail
        rows[before:m] = row
    return Cuts(rows[:m], starts[:m], stops[:m], cuts.whole[:m], cuts.left)


@njit(nogil=True, cache=True)
def _cut_words(
    data: Bytes, base: int, words: Offsets, word: int, end: int, gone: Flags,
    blocks: Paragraphs, block: int, table: Table, cuts: Cuts, m: int,
) -> int:  # fmt: skip
    """Cut the words [word, end) of one paragraph that go; returns how many cuts there are now."""
    while word < end:
        after = word
        while after < end and gone[after]:
            after += 1
        if after > word:
            cuts.starts[m], cuts.stops[m], cuts.whole[m] = words[word], blocks.stops[block], False
            if after < end:
                cuts.stops[m] = words[after]
            else:
                cuts.starts[m] = strip_space(data, base + blocks.starts[block], base + words[word], table) - base
            m += 1
        word = after + 1
    return m


@njit(nogil=True, cache=True)
def without(data: Bytes, offsets: Offsets, cuts: Cuts) -> tuple[Bytes, Offsets]:
    """The texts without what is cut, as `(data, offsets)`."""
    out, ends = np.empty(offsets[-1] - offsets[0], np.uint8), np.zeros(len(offsets), np.int64)
    m, n = 0, 0
    for row in range(len(offsets) - 1):
        at = offsets[row]
        while n < len(cuts.rows) and cuts.rows[n] == row:
            size = offsets[row] + cuts.starts[n] - at
            out[m : m + size] = data[at : at + size]
            m += size
            at = offsets[row] + cuts.stops[n]
            n += 1
        size = offsets[row + 1] - at
        out[m : m + size] = data[at : at + size]
        m += size
        ends[row + 1] = m
    return out[:m], ends
