"""The peers' line, paragraph and text modifiers over Arrow buffers: a chain of steps, one mark per byte."""

from __future__ import annotations

import numpy as np
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.characters import Table, character_table
from curation_lib.text.modified_lines import mark_lines
from curation_lib.text.modified_spans import mark_spans
from curation_lib.text.modifier_steps import CUT_END, LONG_WORD, REPEATED_LINES, STRIP, Steps
from curation_lib.text.ngrams import Counts
from curation_lib.text.patterns import ALPHANUMERIC, class_table
from curation_lib.text.phrases import Folds
from curation_lib.text.remaining import Remaining, count_tokens, load, mark_ends, new_remaining, settle
from curation_lib.text.repeated_segments import mark_repeated
from curation_lib.text.space_words import lower_table


def modify(data: Bytes, offsets: Offsets, steps: Steps) -> tuple[Bytes, Counts, Counts]:
    """`(marks, before, after)`: uint8 per byte of `data`, which step's mark took it (0: none), and the words that DCLM
    counts in each text before and after. Room: 10 bytes for each byte of the longest text, and 24 for each line of it
    where lines are deduplicated."""
    return _modify(data, offsets, character_table(), class_table(), lower_table(), steps)


@njit(nogil=True, cache=True)
def _modify(
    data: Bytes, offsets: Offsets, table: Table, classes: Bytes, lower: Folds, steps: Steps
) -> tuple[Bytes, Counts, Counts]:
    marks, rows, left = np.zeros(len(data), np.uint8), len(offsets) - 1, new_remaining(offsets)
    before, after = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        size = load(left, data, offsets[row], offsets[row + 1])
        before[row] = count_tokens(left.data, size, classes, ALPHANUMERIC)
        for k in range(len(steps.kinds)):
            if size and _mark(left, size, table, classes, lower, steps, k):
                size = settle(left, size, marks)
        after[row] = count_tokens(left.data, size, classes, ALPHANUMERIC)
    return marks, before, after


@njit(nogil=True, cache=True)
def _mark(left: Remaining, size: int, table: Table, classes: Bytes, lower: Folds, steps: Steps, k: int) -> bool:
    """Mark what step `k` takes from the text that is left."""
    kind = steps.kinds[k]
    if kind == STRIP:
        return mark_ends(left, size, table, steps.marks[k])
    if LONG_WORD <= kind <= CUT_END:
        return mark_lines(left, size, table, classes, steps, k)
    if kind >= REPEATED_LINES:
        return mark_repeated(left, size, table, lower, 1 if kind == REPEATED_LINES else 2, steps.marks[k])
    return mark_spans(left, size, table, steps, k)
