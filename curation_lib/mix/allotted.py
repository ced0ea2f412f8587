"""What each bucket of a corpus gives to a mix: by rule, weights, budget, epochs and and the shares of kinds.

Targets are set for cells; what documents are too long for is passed on (`mix/leftovers.py`). Where the rule alone would
break a share, its kind becomes a part of the mix of its own, of exactly that share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import floor
from typing import NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.mix.buckets import Bucket
from curation_lib.mix.cells import Cell, Kind, Running, Sorting, cells
from curation_lib.mix.entries import Entries
from curation_lib.mix.epochs import Share, share_out
from curation_lib.mix.leftovers import Given, passed_on, tokens_of
from curation_lib.mix.shares import NAMES, ORDER, Binds, Fixed, Limits, fractions, size
from curation_lib.mix.water import fill


class Allotted(NamedTuple):
    """What each cell gives. planned: tokens that were to be given, the budget or as many as there is room for; binds:
    why not more; fixed: kinds whose share was enforced."""

    cells: Sequence[Cell]
    given: Sequence[Given]
    planned: int
    binds: Binds
    fixed: Fixed

    def buckets(self) -> Iterator[tuple[Bucket, Share, float]]:
        """Every bucket, what it gives, and its entry's weight."""
        for cell, given in zip(self.cells, self.given, strict=True):
            for bucket, share in zip(cell.buckets, given, strict=True):
                yield bucket, share, cell.weight

    def by_kind(self) -> dict[Kind, int]:
        """Tokens that each kind gives."""
        summed = dict.fromkeys(ORDER, 0)
        for cell, given in zip(self.cells, self.given, strict=True):
            summed[cell.kind] += tokens_of(cell, given)
        return summed


def allotted(entries: Entries, running: Mapping[Bucket, Running], limits: Limits, sorting: Sorting) -> Allotted:
    """What each bucket gives."""
    found = cells(entries, running, sorting)
    fixed = limits.asked()
    while True:
        answer = Allotted(found, *_in_parts(found, limits, fixed), fixed)
        more = limits.broken(answer.by_kind(), fixed)
        if not more:
            return answer
        fixed = {**fixed, **more}


def _in_parts(cells: Sequence[Cell], limits: Limits, fixed: Fixed) -> tuple[list[Given], int, Binds]:
    """What the cells give, how much they were to give in all, and why not more."""
    rooms = [cell.room(limits.max_epochs, limits.once) for cell in cells]
    parts = fractions(fixed)
    room = {kind: sum(rooms[i] for i in mine) for kind, mine in _members(cells, parts).items()}
    planned, binds = size(room, parts, limits)
    if not planned and any(rooms):
        raise ConfigError(_NONE[next((kind for kind in NAMES if parts.get(kind) and not room[kind]), "other")])
    given: dict[int, Given] = {}
    left = planned
    for kind, mine in _members(cells, parts).items():
        aim = left if kind == list(parts)[-1] else floor(parts[kind] * planned)
        some = [cells[i] for i in mine]
        found = _filled(some, [rooms[i] for i in mine], limits, aim)
        given |= dict(zip(mine, found, strict=True))
        left -= sum(map(tokens_of, some, found))
    return [given[i] for i in range(len(cells))], planned, binds


_NONE: dict[Kind, str] = {
    "synthetic": "synthetic_share: no document with a weight is synthetic; generate some, or leave it out",
    "anchor": "anchor: no natural document with a weight matches it; correct its globs or the weights, or leave it out",
    "other": "every document with a weight is synthetic, and only a part of a mix may be; give natural ones a weight",
}
"""Why a mix cannot hold any document."""


def _members(cells: Sequence[Cell], parts: Fixed) -> dict[Kind, list[int]]:
    """The cells of each part, by number; kinds that are no part of their own belong to the rest."""
    homes: list[Kind] = [cell.kind if cell.kind in parts else "other" for cell in cells]
    return {kind: [i for i, home in enumerate(homes) if home == kind] for kind in parts}


def _filled(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, budget: int) -> list[Given]:
    """What the cells give of `budget`."""
    aims = targets(cells, rooms, limits, budget)
    given = [share_out(cell.running, aim) for cell, aim in zip(cells, aims, strict=True)]
    return passed_on(cells, given, rooms, aims, budget)


def targets(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, budget: int) -> list[int]:
    """Tokens that each cell is to give: the rule divides the budget over entries, an entry over its cells in proportion
    to their tokens, times the epochs of its curve."""
    entries = [list(found) for _, found in groupby(range(len(cells)), lambda i: cells[i].entry)]
    asked = [floor(sum(cells[i].asked for i in found)) for found in entries]
    shares = limits.rule.shares(asked, [cells[found[0]].weight for found in entries])
    aims = fill([sum(rooms[i] for i in found) for found in entries], shares, budget)
    return [
        aim
        for found, entry in zip(entries, aims, strict=True)
        for aim in fill([rooms[i] for i in found], [cells[i].asked for i in found], entry)
    ]
