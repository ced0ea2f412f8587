"""One pass for the dialect of NeMo Curator 1.4: its heuristic and repetition filters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import Table, skip_space, strip_space
from curation_lib.text.dialect_counts import DialectCounts, grown, new_counts, new_room
from curation_lib.text.ngram_formulas import AGAIN, ngram_formula
from curation_lib.text.ngrams import FIRST, LAST_TOP, Counts
from curation_lib.text.occurrences import slots_for
from curation_lib.text.segments import (
    ALL,
    FILLED,
    Phrases,
    begins_with,
    ends_with,
    holds_any,
    phrases,
    scan_segments,
)
from curation_lib.text.space_words import (
    LIKE_LETTER,
    SpaceWords,
    count_met,
    letter_table,
    same_table,
    space_word_hash,
    split_at_space,
    stop_hashes,
)
from curation_lib.text.statistics import STOP_WORDS

BULLETS = tuple("•‣⁃⁌⁍∙○●◘◦⦾⦿")
ELLIPSES = ("...", "[...]", "…", "(...)", "[…]", "-»", "read more..", "read more")
"""What ends a line with an ellipsis; a word is one if it equals it, which those with a space never do."""
TERMINALS = (".", "?", "!", '"', "'")
BOILERPLATE = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "privacy overview", "use of cookies",
    "use cookies", "privacy & cookies policy", "privacy and cookies policy",
    ("necessary cookies are absolutely essential for the website to function properly. this category only includes "
    "cookies that ensures basic functionalities and security features of the website. these cookies do not store any "
    "personal information."),
    ("any cookies that may not be particularly necessary for the website to function and is used specifically to "
    "collect user personal data via analytics, ads, other embedded contents are termed as non-necessary cookies. it is "
    "mandatory to procure user consent prior to running these cookies on your website."),
    ("if you continue to browse this site without changing your cookie settings, you agree to this use. acceptread "
    "more"),
)  # fmt: skip
"""Phrases of web boilerplate, in lower case. NeMo Curator's two others hold one of these."""
_PLAIN = np.isin(np.arange(256), list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\n?!,."))


def curator_counts(
    batch: pa.RecordBatch, stop_words: tuple[str, ...] = STOP_WORDS, *, repeats: bool = False
) -> DialectCounts:
    """Counts of `batch`'s column `text`, those of n-grams only with `repeats`."""
    data, offsets = arrow_buffers(batch.column("text"))
    found = new_counts(batch.num_rows, repeats=repeats)
    bullets, ellipses, terminals = phrases(BULLETS), phrases(ELLIPSES), phrases(TERMINALS)
    marks = np.array([space_word_hash(mark, False) for mark in ELLIPSES if " " not in mark], np.uint64)
    stops = stop_hashes(tuple(stop_words), False)
    _measure(
        data, offsets, letter_table(), same_table(), stops, marks, bullets, ellipses, terminals,
        phrases(BOILERPLATE), phrases(["lorem ipsum"]), found.rows, found.lines, found.paragraphs, found.ngrams,
    )  # fmt: skip
    return found


@njit(nogil=True, cache=True)
def _measure(
    data: Bytes, offsets: Offsets, table: Table, same: Any, stops: Hashes, marks: Hashes, bullets: Phrases,
    ellipses: Phrases, terminals: Phrases, boilerplate: Phrases, lorem: Phrases,
    rows: Any, lines: Counts, paragraphs: Counts, ngrams: Counts,
) -> None:  # fmt: skip
    room, stamp = new_room(offsets), 0
    seen, words, spans = room.seen, room.words, room.spans
    for row in range(len(rows)):
        start, end, out = offsets[row], offsets[row + 1], rows[row]
        n = split_at_space(data, start, end, table, same, words)
        _words(words, n, stops, marks, out)
        newlines = 0
        for i in range(start, end):
            out.characters += (data[i] & 0xC0) != 0x80
            out.plain_characters += _PLAIN[data[i]]
            newlines += data[i] == 0x0A
        seen = grown(seen, max(n, newlines + 1))
        slots = slots_for(newlines + 1)
        segments = scan_segments(data, start, end, table, 1, FILLED, seen, slots, stamp + 1, lines[row], spans)
        for i in range(segments):
            first = skip_space(data, spans[2 * i], spans[2 * i + 1], table)
            last = strip_space(data, first, spans[2 * i + 1], table)
            out.bullet_lines += begins_with(data, first, last, bullets)
            out.ellipsis_lines += ends_with(data, first, last, ellipses, True)
            out.terminated_lines += ends_with(data, first, last, terminals, False)
        segments = scan_segments(data, start, end, table, 2, ALL, seen, slots, stamp + 2, paragraphs[row], spans)
        for i in range(segments):
            out.lorem_ipsum += holds_any(data, spans[2 * i], spans[2 * i + 1], lorem, True)
            out.boilerplate_paragraphs += holds_any(data, spans[2 * i], spans[2 * i + 1], boilerplate, True)
        if not len(ngrams):
            stamp += 2
            continue
        room.commonest[:] = 0
        stamp = ngram_formula(
            words.hashes, words.ends, n, AGAIN, seen, stamp + 2, room.scratch, ngrams[row], room.commonest
        )
        for size in range(FIRST, min(LAST_TOP, n) + 1):
            ngrams[row, size] = _replaced(data, start, end, words, room.commonest[size], size)


@njit(nogil=True, cache=True)
def _words(words: SpaceWords, n: int, stops: Hashes, marks: Hashes, out: Any) -> None:
    for i in range(n):
        length = words.ends[i + 1] - words.ends[i]
        out.letter_words += (words.flags[i] & LIKE_LETTER) != 0
        out.longest_word = max(out.longest_word, length)
        out.symbols += 2 * words.runs[i] > length or bool(np.any(marks == words.hashes[i]))
    out.words, out.word_characters, out.stop_words = n, words.ends[n], count_met(words.hashes, n, stops)


@njit(nogil=True, cache=True)
def _replaced(data: Bytes, start: int, end: int, words: SpaceWords, at: int, size: int) -> int:
    """Characters that go when the n-gram from word `at` on, its words joined by one space, is cut out of the text
    wherever it stands: within words, too, but not where other white space separates its words."""
    length = words.stops[at] - words.starts[at]
    for k in range(at + 1, at + size):
        length += 1 + words.stops[k] - words.starts[k]
    gram, filled = np.empty(length, np.uint8), 0
    for k in range(at, at + size):
        if k > at:
            gram[filled] = 0x20
            filled += 1
        for i in range(words.starts[k], words.stops[k]):
            gram[filled] = data[i]
            filled += 1
    found, i = 0, start
    while i + length <= end:
        same = 0
        while same < length and data[i + same] == gram[same]:
            same += 1
        found += same == length
        i += length if same == length else 1
    return int(found * (words.ends[at + size] - words.ends[at] + size - 1))
