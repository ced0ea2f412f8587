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
from curation_lib.text.chunks import Chunks, look_up_words, no_chunks, room_for_missing
from curation_lib.text.filter_words import known_splits, room_for_chunk, split_words
from curation_lib.text.glued_ngrams import glued_ngram_characters
from curation_lib.text.lines import count_signs, scan_lines, scan_paragraphs
from curation_lib.text.ngrams import LAST, Counts, new_scratch, ngram_characters
from curation_lib.text.occurrences import capacity, new_occurrences, slots_for
from curation_lib.text.special_words import Exceptions, exceptions
from curation_lib.text.word_arrays import count_words, room_for
from curation_lib.text.word_rules import style_of

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
    (see text.ngrams), n from 2 to 10; no documents where nobody asked for what repeats."""

    rows: npt.NDArray[Any]
    ngrams: Counts

    @classmethod
    def room_for(cls, documents: int, *, repeats: bool) -> Statistics:
        return cls(np.zeros(documents, ROW), np.zeros((documents if repeats else 0, LAST + 1), np.int64))

    def ratio(self, part: str, whole: str) -> npt.NDArray[np.float64]:
        """`part` / `whole` per document, 0 where the whole is 0."""
        return _ratio(self.rows[part], self.rows[whole])

    def ngram_ratio(self, n: int) -> npt.NDArray[np.float64]:
        """Share of the text's characters in repeated n-grams."""
        return _ratio(self.ngrams[:, n], self.rows["characters"])


def text_statistics(
    batch: pa.RecordBatch,
    stop_words: Sequence[str] = STOP_WORDS,
    short_line: int = SHORT_LINE,
    *,
    repeats: bool = False,
) -> Statistics:
    """Statistics of `batch`'s column `text`; those of paragraphs and n-grams only with `repeats`.

    Scratch memory, by the batch's longest document: 18 bytes of address space per byte, and at most 90 bytes
    used per word.
    Raises ValueError for a stop word that is not one word.
    """
    statistics = Statistics.room_for(batch.num_rows, repeats=repeats)
    measured(batch, statistics, stop_words, short_line, np.arange(batch.num_rows), None)
    return statistics


def measured(
    batch: pa.RecordBatch, into: Statistics, stop_words: Sequence[str], short_line: int, which: Counts,
    chunks: Chunks | None,
) -> None:  # fmt: skip
    """Fill in rows `which`. Words are those of `chunks`, which must know every chunk, or else of text.filter_words."""
    data, offsets = arrow_buffers(batch.column("text"))
    stops = np.unique(np.array([word_hash(w) for w in stop_words], np.uint64))
    known, exact = (no_chunks(), False) if chunks is None else (chunks, True)
    _measure(
        data, offsets, which, character_table(), stops, phrase_bytes("lorem ipsum"), short_line, known, exact,
        styles(batch), exceptions(), known_splits(), into.rows, into.ngrams,
    )  # fmt: skip


def styles(batch: pa.RecordBatch) -> Counts:
    """How each document's words split (see text.word_rules), by its column `language` where there is one."""
    if "language" not in batch.schema.names:
        return np.full(batch.num_rows, style_of(None), np.int64)
    codes = batch.column("language").dictionary_encode()
    known = np.array([*(style_of(code) for code in codes.dictionary.to_pylist()), style_of(None)], np.int64)
    found: Counts = known[codes.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
    return found


@cache
def word_hash(word: str) -> Any:
    """The hash (uint64) by which text knows `word`; ValueError unless it is exactly one word."""
    hashes, ends = words_of(word)
    if len(hashes) != 1 or ends[1] != len(word):
        raise ValueError(f"{word!r} is {len(hashes)} words to the filters, not one")
    return hashes[0]


def words_of(text: str, language: str | None = None) -> tuple[Hashes, Counts]:
    """`(hashes, ends)`: word i of `text` has ends[i + 1] - ends[i] characters."""
    return _words(
        phrase_bytes(text), character_table(), style_of(language), exceptions(), known_splits(), np.zeros(1, ROW)
    )


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


@njit(nogil=True, cache=True)
def _words(
    data: Bytes, table: Table, style: int, lists: Exceptions, splits: Hashes, rows: Any
) -> tuple[Hashes, Counts]:
    words, chunk = room_for(len(data)), room_for_chunk(len(data), splits)
    n = split_words(data, 0, len(data), table, style, lists, chunk, words, rows[0])
    return words.hashes[:n], words.ends[: n + 1]


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, which: Counts, table: Table, stop_words: Hashes, lorem: Bytes, short: int,
    chunks: Chunks, exact: bool, styles: Counts, lists: Exceptions, splits: Hashes, rows: Any, ngrams: Counts,
) -> None:  # fmt: skip
    longest = 0
    for row in which:
        longest = max(longest, offsets[row + 1] - offsets[row])
    words, scratch, seen, stamp = room_for(longest), new_scratch(1024), new_occurrences(slots_for(1024)), 0
    missing, chunk, met = room_for_missing(1), room_for_chunk(longest, splits), np.empty(len(stop_words), np.uint8)
    for row in which:
        start, end, out = offsets[row], offsets[row + 1], rows[row]
        if exact:
            n = look_up_words(data, start, end, table, chunks, words, missing, out)
        else:
            n = split_words(data, start, end, table, styles[row], lists, chunk, words, out)
        count_words(words, n, stop_words, met, out)
        count_signs(data, start, end, lorem, out)
        slots = slots_for(out.newlines + 1)
        need = max(slots, slots_for(n))
        if need > capacity(seen):
            seen = new_occurrences(need)
        if n > len(scratch.active):
            scratch = new_scratch(n)
        scan_lines(data, start, end, table, short, seen, slots, stamp + 1, out)
        if not len(ngrams):
            stamp += 1
            continue
        scan_paragraphs(data, start, end, table, seen, slots, stamp + 2, out)
        stamp = ngram_characters(words.hashes, words.ends, n, seen, stamp + 2, scratch, ngrams[row])
        if exact:
            stamp = glued_ngram_characters(words.glue, words.ends, n, seen, stamp, words.hashes, ngrams[row])
