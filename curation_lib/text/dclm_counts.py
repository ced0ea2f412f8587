"""One pass for the dialect of DCLM: the filters of its RefinedWeb and C4 baselines.

Three kinds of words stand side by side there: those of `str.split`, fastText's tokens that begin with a letter or
number (their number only), and Unicode's words that do (n-grams).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import Table, decode
from curation_lib.text.dialect_counts import DialectCounts, grown, new_counts, new_room
from curation_lib.text.ngram_formulas import COVERED, ngram_formula
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import slots_for
from curation_lib.text.segments import (
    STRIPPED,
    Phrases,
    count_marked,
    count_phrase,
    phrases,
    scan_segments,
)
from curation_lib.text.space_words import (
    LETTER,
    count_met,
    letter_table,
    lower_table,
    split_at_space,
    stop_hashes,
)
from curation_lib.text.statistics import STOP_WORDS
from curation_lib.text.word_break import ALNUM, BreakTable, break_table, split_unicode_words

_FASTTEXT_SPACES = np.isin(np.arange(256), [0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20])


def dclm_counts(
    batch: pa.RecordBatch, stop_words: tuple[str, ...] = STOP_WORDS, *, repeats: bool = False
) -> DialectCounts:
    """Counts of `batch`'s column `text`, those of n-grams only with `repeats`."""
    data, offsets = arrow_buffers(batch.column("text"))
    found = new_counts(batch.num_rows, repeats=repeats)
    signs = phrases(["lorem ipsum", "{", "#", "...", ". . .", "…"])
    marks = phrases(["●", "•", "*", "-"]), phrases(["...", ". . .", "…"])
    stops = stop_hashes(tuple(stop_words), True)
    _measure(
        data, offsets, letter_table(), lower_table(), break_table(), stops, signs, *marks,
        found.rows, found.lines, found.paragraphs, found.ngrams,
    )  # fmt: skip
    return found


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, table: Table, lower: Any, breaks: BreakTable, stops: Hashes, signs: Phrases,
    bullets: Phrases, ellipses: Phrases, rows: Any, lines: Counts, paragraphs: Counts, ngrams: Counts,
) -> None:  # fmt: skip
    room, stamp = new_room(offsets), 0
    seen, words = room.seen, room.words
    for row in range(len(rows)):
        start, end, out = offsets[row], offsets[row + 1], rows[row]
        n = split_at_space(data, start, end, table, lower, words)
        for i in range(n):
            out.letter_words += (words.flags[i] & LETTER) != 0
        out.words, out.word_characters, out.stop_words = n, words.ends[n], count_met(words.hashes, n, stops)
        newlines = _signs(data, start, end, breaks, signs, out)
        n = split_unicode_words(data, start, end, breaks, words)
        out.unicode_words, out.unicode_characters = n, words.ends[n]
        seen = grown(seen, max(n, newlines + 1))
        slots = slots_for(newlines + 1)
        segments = scan_segments(data, start, end, table, 1, STRIPPED, seen, slots, stamp + 1, lines[row], room.spans)
        count_marked(data, room.spans, segments, bullets, ellipses, out)
        scan_segments(data, start, end, table, 2, STRIPPED, seen, slots, stamp + 2, paragraphs[row], room.spans)
        if not len(ngrams):
            stamp += 2
            continue
        stamp = ngram_formula(
            words.hashes, words.ends, n, COVERED, seen, stamp + 2, room.scratch, ngrams[row], room.commonest
        )


@njit(nogil=True, cache=True)
def _signs(data: Bytes, start: int, end: int, breaks: BreakTable, signs: Phrases, out: Any) -> int:
    """Count characters, fastText's tokens and phrases; returns the line feeds."""
    newlines, inside = 0, False
    for i in range(start, end):
        out.characters += (data[i] & 0xC0) != 0x80
        newlines += data[i] == 0x0A
        space = _FASTTEXT_SPACES[data[i]]
        if not space and not inside:
            out.counted_words += (breaks[decode(data, i, end)[0]] & ALNUM) != 0
        inside = not space
    most = end - start
    out.lorem_ipsum = count_phrase(data, start, end, signs, 0, True, most)
    out.curly_brackets = count_phrase(data, start, end, signs, 1, False, most)
    for n in range(2, 6):
        out.symbols += count_phrase(data, start, end, signs, n, False, most)
    return newlines
