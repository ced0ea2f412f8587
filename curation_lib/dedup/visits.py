"""Which documents repeat the id or the text of one that stays, in one compiled pass."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Integers = npt.NDArray[np.int64]
STAYS, ID, TEXT = 0, 1, 2


def visited(order: Integers, released: int, ids: Integers, texts: Integers) -> tuple[Integers, Integers]:
    """`(why, twin)` per document: ID or TEXT where one visited earlier and kept has its id or, else, its text.

    order: int64[n], documents as they are visited; the first `released` of them stay whatever they repeat.
    ids, texts: int64[n], equal numbers for equal ones. twin: int64[n], -1 where a document stays.
    """
    out: tuple[Integers, Integers] = _visit(order, released, _dense(ids), _dense(texts))
    return out


def _dense(codes: Integers) -> Integers:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


@njit(nogil=True, cache=True)
def _visit(order: Integers, released: int, ids: Integers, texts: Integers) -> tuple[Integers, Integers]:
    n = order.shape[0]
    by_id, by_text = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    why, twin = np.full(n, STAYS, np.int64), np.full(n, -1, np.int64)
    for place in range(n):
        document = order[place]
        same_id, same_text = by_id[ids[document]], by_text[texts[document]]
        if place >= released and same_id >= 0:
            why[document], twin[document] = ID, same_id
        elif place >= released and same_text >= 0:
            why[document], twin[document] = TEXT, same_text
        else:
            if same_id < 0:
                by_id[ids[document]] = document
            if same_text < 0:
                by_text[texts[document]] = document
    return why, twin
