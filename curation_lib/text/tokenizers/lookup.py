"""One pass over texts: every piece's ids from the memo, or a note that they are missing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from curation_lib.text.buffers import Bytes, Offsets
from curation_lib.text.kernels import inlined, kernel
from curation_lib.text.tokenizers.classes import Classes
from curation_lib.text.tokenizers.memo import Memo, reserve
from curation_lib.text.tokenizers.slots import LONGEST, PENDING, count_of, slot_of, value_of
from curation_lib.text.tokenizers.splits import Split, piece_end
from curation_lib.text.tokenizers.tokenizer import Counts, Ids

NO_SLOT, TEXT = -1, -2
PIECES, PLACES = range(2)


class Missing(NamedTuple):
    """What the library has to encode, and where that goes. found: int64[2], how many of each; the rest int64[room].

    starts, ends: bytes of each piece; slots: where in the memo it waits, NO_SLOT, or TEXT for a whole text.
    rows, before, pieces: of each place, its row, how many known ids stand before it, and which piece goes there.
    """

    found: Counts
    starts: Counts
    ends: Counts
    slots: Counts
    rows: Counts
    before: Counts
    pieces: Counts


def room_for_missing(places: int) -> Missing:
    """For so many places, and no more pieces."""
    return Missing(np.zeros(2, np.int64), *(np.empty(places, np.int64) for _ in Missing._fields[1:]))


@kernel
def look_up(
    data: Bytes, offsets: Offsets, whole: npt.NDArray[np.bool_], classes: Classes, split: Split, memo: Memo,
    wanted: bool, ids: Ids, ends: Counts, missing: Missing,
) -> tuple[int, int]:  # fmt: skip
    """The known ids of each row, one after the other, into `ids` where `wanted`; ends[row + 1] is how many there are
    until the row's end. whole: rows that go to the library as they are.

    Returns the row and the byte at which it stopped: where `ids` or `missing` had no more room, or the end.
    """
    m, rows = 0, len(offsets) - 1
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        places, before = missing.found[PLACES], m
        i = end if whole[row] else start
        while i < end:
            ends[row + 1] = m
            if is_full(missing) or (wanted and m + LONGEST > len(ids)):
                return row, i
            stop = piece_end(data, i, end, classes, split)
            if stop == i:
                break
            at, known = (NO_SLOT, False) if stop - i > LONGEST else slot_of(data, i, stop, memo.slots, memo.spelt)
            what = memo.slots[at + 2] if known else PENDING
            if what & PENDING:
                piece = value_of(what) if known else note_piece(data, i, stop, at, memo, missing)
                note_place(row, m, piece, missing)
            else:
                if wanted:
                    copy_ids(what, memo, ids, m)
                m += count_of(what)
            i = stop
        if i < end or (whole[row] and start < end):
            m, missing.found[PLACES] = before, places
            ends[row + 1] = m
            if is_full(missing):
                return row, start
            note_place(row, m, note(start, end, TEXT, missing), missing)
        ends[row + 1] = m
    return rows, offsets[rows]


@inlined
def is_full(missing: Missing) -> bool:
    """Places that were taken back leave their pieces."""
    return bool(max(missing.found[PIECES], missing.found[PLACES]) >= len(missing.starts))


@inlined
def copy_ids(what: np.uint64, memo: Memo, ids: Ids, m: int) -> None:
    count, value = count_of(what), value_of(what)
    if count == 1:
        ids[m] = value
        return
    for n in range(count):
        ids[m + n] = memo.ids[value + n]


@kernel
def note_piece(data: Bytes, i: int, end: int, at: int, memo: Memo, missing: Missing) -> int:
    """The number of a new piece that waits, in the slot `at` where there is room."""
    if at >= 0 and not reserve(data, i, end, at, missing.found[PIECES], memo):
        at = NO_SLOT
    return note(i, end, at, missing)


@kernel
def note(start: int, end: int, slot: int, missing: Missing) -> int:
    n = missing.found[PIECES]
    missing.starts[n], missing.ends[n], missing.slots[n] = start, end, slot
    missing.found[PIECES] = n + 1
    return n  # type: ignore[no-any-return]


@kernel
def note_place(row: int, before: int, piece: int, missing: Missing) -> None:
    n = missing.found[PLACES]
    missing.rows[n], missing.before[n], missing.pieces[n] = row, before, piece
    missing.found[PLACES] = n + 1


@njit(nogil=True, cache=True)
def put_in(known: Ids, missing: Missing, ids: Ids, offsets: Counts, out: Ids) -> None:
    """The known ids with those that were missing in their places, into `out`, which has room for just them."""
    taken = m = 0
    for n in range(missing.found[PLACES]):
        before, piece = missing.before[n], missing.pieces[n]
        out[m : m + before - taken] = known[taken:before]
        m += before - taken
        taken = before
        size = offsets[piece + 1] - offsets[piece]
        out[m : m + size] = ids[offsets[piece] : offsets[piece + 1]]
        m += size
    out[m:] = known[taken:]
