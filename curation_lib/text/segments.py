"""What `\\n` or `\\n\\n` separates in a text, by the rules of Dolma, DCLM and NeMo Curator: how many segments, which
repeat, how they begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from curation_lib.text.buffers import Bytes, Hashes, Offsets, arrow_buffers
from curation_lib.text.characters import Table, skip_space, strip_space
from curation_lib.text.ngrams import Counts
from curation_lib.text.occurrences import add, count_at, spread

RUNS, FILLED, STRIPPED, ALL = 0, 1, 2, 3
"""Which segments count.

RUNS (Dolma): those of `re.split("\\n+", text)`, the empty ones at both ends too.
FILLED (NeMo Curator's lines): those that hold more than white space.
STRIPPED (DCLM): the same, without the white space around them.
ALL (NeMo Curator's paragraphs): every one, empty ones too.
"""

SEGMENTS, CHARACTERS, SHARED, SHARED_CHARACTERS, AGAIN, AGAIN_CHARACTERS = range(6)
"""Counts of `scan_segments`: segments and their characters; those that occur more than once, every occurrence
counted; those met before."""

_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a
_NEWLINE = 0x0A


class Phrases(NamedTuple):
    """Phrase n is data[offsets[n]:offsets[n + 1]]."""

    data: Bytes
    offsets: Offsets


def phrases(texts: Sequence[str]) -> Phrases:
    """Phrases for the kernels; those to be met in any case are written in lower case."""
    return Phrases(*arrow_buffers(pa.array(texts, pa.large_string())))


@njit(nogil=True, cache=True)
def scan_segments(
    data: Bytes, start: int, end: int, table: Table, newlines: int, kind: int,
    seen: Hashes, slots: int, stamp: int, out: Counts, spans: Counts,
) -> int:  # fmt: skip
    """Count what `newlines` (1 or 2) line feeds separate in data[start:end]; returns how many segments there are.

    `out` receives the six counts; spans[2 i] and spans[2 i + 1] are where segment i begins and ends.
    """
    n, first = 0, start
    while first <= end:
        stop = first
        while stop < end and not (data[stop] == _NEWLINE and (newlines == 1 or _doubled(data, stop, end))):
            stop += 1
        left = skip_space(data, first, stop, table) if kind in (FILLED, STRIPPED) else first
        right = strip_space(data, left, stop, table) if kind == STRIPPED else stop
        if kind == ALL or left < stop or (kind == RUNS and first in (start, end)):
            left = first if kind == FILLED else left
            _count(data, left, right, seen, slots, stamp, out)
            spans[2 * n], spans[2 * n + 1] = left, right
            n += 1
        first = stop + newlines
        if stop == end:
            break
    return n


@njit(nogil=True, cache=True)
def _doubled(data: Bytes, i: int, end: int) -> bool:
    doubled: bool = i + 1 < end and data[i + 1] == _NEWLINE
    return doubled


@njit(nogil=True, cache=True)
def _count(data: Bytes, start: int, end: int, seen: Hashes, slots: int, stamp: int, out: Counts) -> None:
    h: Any = _SEED
    characters = 0
    for i in range(start, end):
        h = (h ^ np.uint64(data[i])) * _PRIME
        characters += (data[i] & 0xC0) != 0x80
    met = count_at(seen, add(seen, slots, stamp, spread(h + np.uint64(end - start))))
    out[SEGMENTS] += 1
    out[CHARACTERS] += characters
    if met > 1:
        times = 2 if met == 2 else 1  # the first of them is known to repeat only now
        out[SHARED] += times
        out[SHARED_CHARACTERS] += times * characters
        out[AGAIN] += 1
        out[AGAIN_CHARACTERS] += characters


@njit(nogil=True, cache=True)
def begins_with(data: Bytes, start: int, end: int, starts: Phrases) -> bool:
    """Whether one of the phrases begins data[start:end]."""
    for n in range(len(starts.offsets) - 1):  # noqa: SIM110  (numba knows no generator)
        if _stands(data, start, end, starts, n, False):
            return True
    return False


@njit(nogil=True, cache=True)
def ends_with(data: Bytes, start: int, end: int, endings: Phrases, fold: bool) -> bool:
    """Whether one of the phrases ends data[start:end]; with `fold`, A-Z count as a-z."""
    for n in range(len(endings.offsets) - 1):
        size = endings.offsets[n + 1] - endings.offsets[n]
        if end - size >= start and _stands(data, end - size, end, endings, n, fold):
            return True
    return False


@njit(nogil=True, cache=True)
def holds_any(data: Bytes, start: int, end: int, wanted: Phrases, fold: bool) -> bool:
    """Whether one of the phrases occurs in data[start:end]."""
    for n in range(len(wanted.offsets) - 1):  # noqa: SIM110  (numba knows no generator)
        if count_phrase(data, start, end, wanted, n, fold, 1):
            return True
    return False


@njit(nogil=True, cache=True)
def count_phrase(data: Bytes, start: int, end: int, wanted: Phrases, n: int, fold: bool, most: int) -> int:
    """How often phrase n occurs in data[start:end] without overlap, at most `most`; `str.count`."""
    count, i = 0, start
    size = wanted.offsets[n + 1] - wanted.offsets[n]
    while i + size <= end and count < most:
        if _stands(data, i, end, wanted, n, fold):
            count += 1
            i += size
        else:
            i += 1
    return count


@njit(nogil=True, cache=True)
def _stands(data: Bytes, i: int, end: int, wanted: Phrases, n: int, fold: bool) -> bool:
    first, last = wanted.offsets[n], wanted.offsets[n + 1]
    if i + last - first > end:
        return False
    for k in range(first, last):
        c = data[i + k - first]
        if fold and 65 <= c <= 90:
            c += np.uint8(32)
        if c != wanted.data[k]:
            return False
    return True


@njit(nogil=True, cache=True)
def count_marked(data: Bytes, spans: Counts, segments: int, bullets: Phrases, ellipses: Phrases, out: Any) -> None:
    """Count the segments that begin with a bullet and those that end with an ellipsis."""
    for i in range(segments):
        first, last = spans[2 * i], spans[2 * i + 1]
        out.bullet_lines += begins_with(data, first, last, bullets)
        out.ellipsis_lines += ends_with(data, first, last, ellipses, False)
