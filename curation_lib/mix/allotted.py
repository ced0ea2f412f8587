"""What each bucket of a corpus gives to a mix: by rule, weights, budget, epochs and the synthetic part.

Targets are set for cells; what documents are too long for is passed on (`mix/leftovers.py`). Where the rule alone would
break a share, its kind becomes a part of the mix of its own, of exactly that share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import NamedTuple

from curation_lib.mix.buckets import Bucket
from curation_lib.mix.cells import Cell, Kind, Running, cells
from curation_lib.mix.entries import Entries
from curation_lib.mix.epochs import Share, share_out
from curation_lib.mix.leftovers import Given, passed_on, tokens_of
from curation_lib.mix.shares import Fixed, Limits, fractions, size
from curation_lib.mix.weights import fill


class Allotted(NamedTuple):
    """What each cell gives. planned: tokens that were to be given, the budget or as many as there is room for; fixed:
    kinds whose share was enforced."""

    cells: Sequence[Cell]
    given: Sequence[Given]
    planned: int
    fixed: Fixed

    def buckets(self) -> Iterator[tuple[Bucket, Share, float]]:
        """Every bucket, what it gives, and its entry's weight."""
        for cell, given in zip(self.cells, self.given, strict=True):
            for bucket, share in zip(cell.buckets, given, strict=True):
                yield bucket, share, cell.weight

    def by_kind(self) -> dict[Kind, int]:
        """Tokens that each kind gives."""
        return _summed(self.cells, list(map(tokens_of, self.cells, self.given)))


def allotted(entries: Entries, running: Mapping[Bucket, Running], limits: Limits) -> Allotted:
    """What each bucket gives."""
    found = cells(entries, running)
    fixed = limits.asked()
    while True:
        answer = Allotted(found, *_in_parts(found, limits, fixed), fixed)
        more = limits.broken(answer.by_kind(), fixed)
        if not more:
            return answer
        fixed = {**fixed, **more}


def _in_parts(cells: Sequence[Cell], limits: Limits, fixed: Fixed) -> tuple[list[Given], int]:
    """What the cells give, and how much they were to give in all."""
    rooms = [cell.room(limits.epochs) for cell in cells]
    if not fixed:
        planned = sum(rooms) if limits.budget is None else min(limits.budget, sum(rooms))
        return _filled(cells, rooms, limits, planned), planned
    parts = fractions(fixed)
    planned = size(_summed(cells, rooms), parts, limits.budget)
    given: dict[int, Given] = {}
    left = planned
    for kind, part in parts.items():
        mine = [i for i, cell in enumerate(cells) if cell.kind == kind]
        aim = left if kind == list(parts)[-1] else floor(part * planned)
        some = [cells[i] for i in mine]
        found = _filled(some, [rooms[i] for i in mine], limits, aim)
        given |= dict(zip(mine, found, strict=True))
        left -= sum(map(tokens_of, some, found))
    return [given[i] for i in range(len(cells))], planned


def _filled(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, budget: int) -> list[Given]:
    """What the cells give of `budget`."""
    aims = targets(cells, rooms, limits, budget)
    given = [share_out(cell.running, aim) for cell, aim in zip(cells, aims, strict=True)]
    return passed_on(cells, given, rooms, aims, budget)


def targets(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, budget: int) -> list[int]:
    """Tokens that each cell is to give: the rule divides the budget over entries, an entry over its cells in proportion
    to their tokens."""
    entries = [list(found) for _, found in groupby(range(len(cells)), lambda i: cells[i].entry)]
    held = [sum(cells[i].held for i in found) for found in entries]
    shares = limits.rule.shares(held, [cells[found[0]].weight for found in entries])
    aims = fill([sum(rooms[i] for i in found) for found in entries], shares, budget)
    return [
        aim
        for found, entry in zip(entries, aims, strict=True)
        for aim in fill([rooms[i] for i in found], [Fraction(cells[i].held) for i in found], entry)
    ]


def _summed(cells: Sequence[Cell], tokens: Sequence[int]) -> dict[Kind, int]:
    summed: dict[Kind, int] = {"synthetic": 0, "other": 0}
    for cell, one in zip(cells, tokens, strict=True):
        summed[cell.kind] += one
    return summed
