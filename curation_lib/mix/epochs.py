"""From an entry's target to documents: whole epochs first, then part of one in order of hash priority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Share(NamedTuple):
    """What a bucket gives: every document `whole` times, its first `taken` documents once more."""

    whole: int
    taken: int


def share_out(buckets: Sequence[npt.NDArray[np.int64]], target: int) -> list[Share]:
    """Spend at most `target` tokens on an entry's `buckets`, in proportion to their tokens.

    buckets: for each bucket the running total of its documents' tokens, in order of priority.
    What a bucket's next document is too long for is carried to the next bucket, and what is left at the end
    goes to the first buckets whose next documents fit. So no document that is next in its bucket fits any
    more: the target is missed by less than the shortest of them.
    """
    totals = [int(running[-1]) if len(running) else 0 for running in buckets]
    held = sum(totals)
    whole, rest = divmod(target, held) if held else (0, 0)
    if not rest:
        return [Share(whole, 0) for _ in buckets]
    taken, spent, passed = [], 0, 0
    for running, total in zip(buckets, totals, strict=True):
        passed += total
        taken.append(_prefix(running, 0, rest * passed // held - spent))
        spent += _cost(running, taken[-1])
    for i, running in enumerate(buckets):
        more = _prefix(running, taken[i], rest - spent)
        spent += _cost(running, more) - _cost(running, taken[i])
        taken[i] = more
    return [Share(whole, count) for count in taken]


def topped(buckets: Sequence[npt.NDArray[np.int64]], shares: Sequence[Share], more: int) -> list[Share]:
    """`shares` of an entry's buckets (`share_out`) with at most `more` tokens spent beyond them: the first buckets
    whose next documents fit give them, and the next epoch begins when all documents were taken in this one."""
    whole, taken, before = (shares[0].whole if shares else 0), [share.taken for share in shares], -1
    while more and more != before:
        before = more
        for i, running in enumerate(buckets):
            count = _prefix(running, taken[i], more)
            more -= _cost(running, count) - _cost(running, taken[i])
            taken[i] = count
        if all(count == len(running) for count, running in zip(taken, buckets, strict=True)):
            whole, taken = whole + 1, [0] * len(taken)
    return [Share(whole, count) for count in taken]


def spent(running: npt.NDArray[np.int64], share: Share) -> int:
    """Tokens that a bucket gives."""
    return share.whole * _cost(running, len(running)) + _cost(running, share.taken)


def _prefix(running: npt.NDArray[np.int64], taken: int, tokens: int) -> int:
    """How many leading documents are taken once `tokens` more may be spent after the first `taken`."""
    return int(np.searchsorted(running, _cost(running, taken) + tokens, side="right"))


def _cost(running: npt.NDArray[np.int64], taken: int) -> int:
    """Tokens of the first `taken` documents."""
    return int(running[taken - 1]) if taken else 0
