"""The filters' statistics with the words that datatrove itself uses: by spaCy, for each document's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets, arrow_buffers
from curation_lib.text.characters import Table, character_table
from curation_lib.text.chunks import Chunks, Missing, look_up_words, room_for_missing
from curation_lib.text.ngrams import Counts
from curation_lib.text.spacy_languages import tokenizer_code
from curation_lib.text.spacy_words import MOST, ChunkWords, chunk_words
from curation_lib.text.statistics import ROW, SHORT_LINE, STOP_WORDS, Statistics, measured
from curation_lib.text.word_arrays import room_for

_AT_ONCE = 1 << 16
"""Chunks that spaCy splits between two passes over a batch."""


def exact_statistics(
    batch: pa.RecordBatch,
    stop_words: Sequence[str] = STOP_WORDS,
    short_line: int = SHORT_LINE,
    *,
    repeats: bool = False,
) -> Statistics:
    """Statistics of the column `text`, split by the rules of the column `language` (see `text_statistics`).

    The first batch of a language loads its pipeline (seconds). ContractError for a language that spaCy does not split.
    """
    statistics = Statistics.room_for(batch.num_rows, repeats=repeats)
    for code, rows in _by_tokenizer(batch).items():
        known = _known(batch, rows, chunk_words(code))
        measured(batch, statistics, stop_words, short_line, rows, known)
    return statistics


def _by_tokenizer(batch: pa.RecordBatch) -> dict[str, Offsets]:
    """Rows of each tokenizer."""
    found = defaultdict(list)
    for row, language in enumerate(batch.column("language").to_pylist()):
        found[tokenizer_code(language)].append(row)
    return {code: np.array(found[code], np.int64) for code in sorted(found)}


def _known(batch: pa.RecordBatch, rows: Offsets, words: ChunkWords) -> Chunks:
    """Every chunk of these rows, those that are new learnt."""
    data, offsets = arrow_buffers(batch.column("text"))
    if len(words.known.first) > MOST:
        words.forget()
    while True:
        missing = room_for_missing(_AT_ONCE)
        _find_missing(data, offsets, rows, character_table(), words.known, missing)
        if not missing.noted[0]:
            return words.known
        words.learn(data, missing)


@njit(nogil=True, cache=True)
def _find_missing(data: Bytes, offsets: Offsets, rows: Counts, table: Table, chunks: Chunks, missing: Missing) -> None:
    longest = 0
    for row in rows:
        longest = max(longest, offsets[row + 1] - offsets[row])
    words, ignored = room_for(longest), np.zeros(1, ROW)
    for row in rows:
        look_up_words(data, offsets[row], offsets[row + 1], table, chunks, words, missing, ignored[0])
