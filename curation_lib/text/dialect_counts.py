"""What one pass over a batch counts for the dialects of Dolma, DCLM and NeMo Curator, and the room it needs.

A dialect's pass counts everything that the filters in this dialect divide; all counts are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Hashes, Offsets
from curation_lib.text.ngrams import LAST, Counts, Scratch, new_scratch
from curation_lib.text.occurrences import capacity, new_occurrences, slots_for
from curation_lib.text.space_words import SpaceWords, space_room

ROW = np.dtype(
    [
        (name, np.int64)
        for name in (
            "characters",
            "words",  # of str.split
            "word_characters",
            "twice_median",  # twice the median length of words
            "longest_word",
            "letter_words",  # hold a letter
            "stop_words",  # every time one is met
            "symbols",
            "counted_words",  # DCLM: tokens that begin with a letter or number
            "unicode_words",  # DCLM: text.word_break
            "unicode_characters",  # of those words
            "plain_characters",  # NeMo Curator: a-z, A-Z, 0-9, newline and ?!,.
            "bullet_lines",
            "ellipsis_lines",
            "terminated_lines",
            "boilerplate_paragraphs",
            "lorem_ipsum",
            "curly_brackets",
            "javascript",
        )
    ]
)
"""One document's counts; what a dialect does not need stays 0."""


@dataclass(frozen=True)
class DialectCounts:
    """`rows[name]`: int64 per document (see ROW). `lines`, `paragraphs`: int64[document, 6] (see text.segments).
    `ngrams`: int64[document, 11], characters of repeated n-grams; `all_ngrams`: of all of them (Dolma); no documents
    where nobody asked for what repeats."""

    rows: npt.NDArray[Any]
    lines: Counts
    paragraphs: Counts
    ngrams: Counts
    all_ngrams: Counts

    def ratio(self, part: str, whole: str) -> npt.NDArray[np.float64]:
        """`part` / `whole` per document, 0 where the whole is 0."""
        return divided(self.rows[part], self.rows[whole])


def divided(part: Any, whole: Any) -> npt.NDArray[np.float64]:
    """part / whole, 0 where the whole is 0; int64 arrays of one length."""
    shares: npt.NDArray[np.float64] = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares


def new_counts(documents: int, *, repeats: bool) -> DialectCounts:
    """All zero."""
    sixes, elevens = (documents, 6), (documents if repeats else 0, LAST + 1)
    return DialectCounts(
        np.zeros(documents, ROW), np.zeros(sixes, np.int64), np.zeros(sixes, np.int64),
        np.zeros(elevens, np.int64), np.zeros(elevens, np.int64),
    )  # fmt: skip


class Room(NamedTuple):
    """Scratch of a pass, for its longest document: words, n-grams, segments, and a table of occurrences."""

    words: SpaceWords
    scratch: Scratch
    spans: Counts
    seen: Hashes
    commonest: Counts


@njit(nogil=True, cache=True)
def new_room(offsets: Offsets) -> Room:
    """60 bytes of address space per byte of the longest document, used as far as it has words and lines."""
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return Room(
        space_room(longest), new_scratch(2 * longest // 3 + 2), np.empty(2 * longest + 4, np.int64),
        new_occurrences(slots_for(1024)), np.zeros(LAST + 1, np.int64),
    )  # fmt: skip


@njit(nogil=True, cache=True)
def grown(seen: Hashes, entries: int) -> Hashes:
    """A table with slots for `entries`; the same one where it has them. A new one's stamps start again."""
    need = slots_for(entries)
    return seen if need <= capacity(seen) else new_occurrences(need)
