"""Paragraphs: maximal runs of lines that hold more than white space (`str.isspace`); `\\n` ends a line."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Column, Offsets, arrow_buffers
from curation_lib.text.characters import Table, character_table, skip_space


class Paragraphs(NamedTuple):
    """The paragraphs of row i are those in [offsets[i], offsets[i + 1]).

    starts: int64, byte within the row's text where the first line begins; stops: where the last one ends,
    before its `\\n`.
    """

    starts: Offsets
    stops: Offsets
    offsets: Offsets


def paragraphs(column: Column) -> Paragraphs:
    """Every paragraph of every row."""
    return Paragraphs(*_paragraphs(*arrow_buffers(column), character_table()))


def paragraph_texts(column: Column, found: Paragraphs) -> pa.LargeStringArray:
    """Each paragraph with the white space up to the next one, as one row; the bytes are not copied."""
    data, offsets = arrow_buffers(column)
    starts = found.starts + np.repeat(offsets[:-1], np.diff(found.offsets))
    bounds = np.append(starts, offsets[-1])
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(bounds), pa.py_buffer(data))


@njit(nogil=True, cache=True)
def _paragraphs(data: Bytes, offsets: Offsets, table: Table) -> tuple[Offsets, Offsets, Offsets]:
    rows = offsets.shape[0] - 1
    most = (offsets[rows] - offsets[0]) // 3 + rows + 1  # a letter, its newline and an empty line
    starts, stops, ends = np.empty(most, np.int64), np.empty(most, np.int64), np.zeros(rows + 1, np.int64)
    m = 0
    for row in range(rows):
        base, end, inside = offsets[row], offsets[row + 1], False
        line = base
        while line < end:
            stop = line
            while stop < end and data[stop] != 0x0A:
                stop += 1
            filled = skip_space(data, line, stop, table) < stop
            if filled and not inside:
                starts[m] = line - base
                m += 1
            if filled:
                stops[m - 1] = stop - base
            inside = filled
            line = stop + 1
        ends[row + 1] = m
    return starts[:m], stops[:m], ends
