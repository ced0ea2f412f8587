"""One pass for the dialect of Dolma: the taggers gopher_v2 and c4_v2 of dolma 1.2."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import Table
from curation_lib.text.dialect_counts import DialectCounts, grown, new_counts, new_room
from curation_lib.text.ngram_formulas import EACH, all_ngram_characters, ngram_formula
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import slots_for
from curation_lib.text.segments import (
    RUNS,
    Phrases,
    count_marked,
    count_phrase,
    phrases,
    scan_segments,
)
from curation_lib.text.space_words import (
    LETTER,
    MARKED,
    count_met,
    letter_table,
    same_table,
    split_at_space,
    stop_hashes,
    twice_median,
)
from curation_lib.text.statistics import STOP_WORDS


def dolma_counts(
    batch: pa.RecordBatch, stop_words: tuple[str, ...] = STOP_WORDS, *, repeats: bool = False
) -> DialectCounts:
    """Counts of `batch`'s column `text`, those of n-grams only with `repeats`."""
    data, offsets = arrow_buffers(batch.column("text"))
    found = new_counts(batch.num_rows, repeats=repeats)
    signs = phrases(["lorem ipsum", "javascript", "{"])
    marks = phrases(["*", "-"]), phrases(["…"])
    stops = stop_hashes(tuple(stop_words), False)
    _measure(
        data, offsets, letter_table(), same_table(), stops, signs, *marks,
        found.rows, found.lines, found.ngrams, found.all_ngrams,
    )  # fmt: skip
    return found


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, table: Table, same: Any, stops: Hashes, signs: Phrases, bullets: Phrases,
    ellipses: Phrases, rows: Any, lines: Counts, ngrams: Counts, all_ngrams: Counts,
) -> None:  # fmt: skip
    room, stamp = new_room(offsets), 0
    seen = room.seen
    for row in range(len(rows)):
        start, end, out = offsets[row], offsets[row + 1], rows[row]
        if start == end:
            continue
        n = split_at_space(data, start, end, table, same, room.words)
        _words(room.words, n, stops, out)
        newlines = _signs(data, start, end, signs, out)
        seen = grown(seen, max(n, newlines + 1))
        stamp += 1
        segments = scan_segments(
            data, start, end, table, 1, RUNS, seen, slots_for(newlines + 1), stamp, lines[row], room.spans
        )
        count_marked(data, room.spans, segments, bullets, ellipses, out)
        if not len(ngrams):
            continue
        stamp = ngram_formula(
            room.words.hashes, room.words.ends, n, EACH, seen, stamp, room.scratch, ngrams[row], room.commonest
        )
        all_ngram_characters(room.words.ends, n, all_ngrams[row])


@njit(nogil=True, cache=True)
def _words(words: Any, n: int, stops: Hashes, out: Any) -> None:
    letters = marked = 0
    for i in range(n):
        letters += (words.flags[i] & LETTER) != 0
        marked += (words.flags[i] & MARKED) != 0
    out.words, out.word_characters, out.letter_words, out.symbols = n, words.ends[n], letters, marked
    out.twice_median, out.stop_words = twice_median(words.ends, n), count_met(words.hashes, n, stops)


@njit(nogil=True, cache=True)
def _signs(data: Bytes, start: int, end: int, signs: Phrases, out: Any) -> int:
    """Count characters and phrases; returns the line feeds."""
    newlines = 0
    for i in range(start, end):
        out.characters += (data[i] & 0xC0) != 0x80
        newlines += data[i] == 0x0A
    most = end - start
    out.lorem_ipsum = count_phrase(data, start, end, signs, 0, True, most)
    out.javascript = count_phrase(data, start, end, signs, 1, True, most)
    out.curly_brackets = count_phrase(data, start, end, signs, 2, False, most)
    return newlines
