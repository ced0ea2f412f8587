"""Every count that the Gopher, C4 and FineWeb rules need, in one pass over a batch's Arrow buffers.

All statistics are whole numbers; the filters divide them. Lengths are in characters (code points).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import Table, character_table, phrase_bytes
from curation_lib.text.filter_words import count_words, room_for, split_words
from curation_lib.text.lines import count_signs, scan_lines, scan_paragraphs
from curation_lib.text.ngrams import LAST, Counts, new_scratch, ngram_characters
from curation_lib.text.occurrences import capacity, new_occurrences, slots_for

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's eight (Rae et al. 2021, A1.1)."""
SHORT_LINE = 30
"""Characters of FineWeb's longest short line (Penedo et al. 2024)."""

ROW = np.dtype(
    [
        (name, np.int64)
        for name in (
            "characters",
            "newlines",  # \n
            "words",  # all, signs included (see text.filter_words)
            "symbol_free_words",  # hold more than punctuation
            "symbol_free_characters",  # of those words
            "alphabetic_words",  # hold a letter
            "stop_words",  # different ones met
            "hashes",  # #
            "ellipses",  # ... and …
            "curly_brackets",  # {
            "lorem_ipsum",  # the phrase, in any case
            "sentences",  # of each line, ended by a terminal that is a word by itself
            "lines",  # of str.splitlines
            "bullet_lines",  # begin with • or -
            "ellipsis_lines",  # end with ... or …
            "line_pieces",  # of re.split("\n+", text)
            "repeated_lines",
            "repeated_line_characters",
            "filled_lines",  # between \n, more than white space
            "terminated_lines",  # of the filled: last character is a terminal
            "short_lines",  # of the filled
            "repeated_filled_characters",  # of filled lines met before
            "paragraphs",  # of re.split("\n{2,}", text.strip())
            "repeated_paragraphs",
            "repeated_paragraph_characters",
        )
    ]
)
"""One document's statistics."""


@dataclass(frozen=True)
class Statistics:
    """`rows[name]`: int64 per document (see ROW). `ngrams[document, n]`: characters of repeated n-grams
    (see text.ngrams), n from 2 to 10."""

    rows: npt.NDArray[Any]
    ngrams: Counts

    def ratio(self, part: str, whole: str) -> npt.NDArray[np.float64]:
        """`part` / `whole` per document, 0 where the whole is 0."""
        return _ratio(self.rows[part], self.rows[whole])

    def ngram_ratio(self, n: int) -> npt.NDArray[np.float64]:
        """Share of the text's characters in repeated n-grams."""
        return _ratio(self.ngrams[:, n], self.rows["characters"])


def text_statistics(
    batch: pa.RecordBatch, stop_words: Sequence[str] = STOP_WORDS, short_line: int = SHORT_LINE
) -> Statistics:
    """Statistics of `batch`'s column `text`.

    Scratch memory, by the batch's longest document: 18 bytes of address space per byte, and at most 90 bytes
    used per word.
    Raises ValueError for a stop word that is not one word.
    """
    data, offsets = arrow_buffers(batch.column("text"))
    rows = np.zeros(batch.num_rows, ROW)
    ngrams = np.zeros((batch.num_rows, LAST + 1), np.int64)
    stops = np.unique(np.array([word_hash(w) for w in stop_words], np.uint64))
    _measure(data, offsets, character_table(), stops, phrase_bytes("lorem ipsum"), short_line, rows, ngrams)
    return Statistics(rows, ngrams)


@cache
def word_hash(word: str) -> Any:
    """The hash (uint64) by which text knows `word`; ValueError unless it is exactly one word."""
    hashes, ends = _words(phrase_bytes(word), character_table(), np.zeros(1, ROW))
    if len(hashes) != 1 or ends[1] != len(word):
        raise ValueError(f"{word!r} is {len(hashes)} words to the filters, not one")
    return hashes[0]


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


@njit(nogil=True, cache=True)
def _words(data: Bytes, table: Table, rows: Any) -> tuple[Hashes, Counts]:
    words = room_for(len(data))
    n = split_words(data, 0, len(data), table, words, rows[0])
    return words.hashes[:n], words.ends[: n + 1]


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, table: Table, stop_words: Hashes, lorem: Bytes, short: int,
    rows: Any, ngrams: Counts,
) -> None:  # fmt: skip
    longest = 0
    for row in range(len(rows)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    words, scratch, seen, stamp = room_for(longest), new_scratch(1024), new_occurrences(slots_for(1024)), 0
    for row in range(len(rows)):
        start, end, out = offsets[row], offsets[row + 1], rows[row]
        n = split_words(data, start, end, table, words, out)
        count_words(words, n, stop_words, out)
        count_signs(data, start, end, lorem, out)
        slots = slots_for(out.newlines + 1)
        need = max(slots, slots_for(n))
        if need > capacity(seen):
            seen = new_occurrences(need)
        if n > len(scratch.active):
            scratch = new_scratch(n)
        scan_lines(data, start, end, table, short, seen, slots, stamp + 1, out)
        scan_paragraphs(data, start, end, table, seen, slots, stamp + 2, out)
        stamp = ngram_characters(words.hashes, words.ends, n, seen, stamp + 2, scratch, ngrams[row])
