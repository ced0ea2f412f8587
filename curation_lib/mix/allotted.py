"""What each bucket of a corpus gives to a mix: by rule, weights, budget, epochs and shares.

Targets are set for cells (`mix/targets.py`). Where the rule alone would break a share, its kind becomes a part of the
mix of its own, of exactly that share; a licence that is over its cap gets no more room than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.mix.buckets import Bucket
from curation_lib.mix.caps import tightened
from curation_lib.mix.cells import Cell, Kind, Running, Sorting, cells
from curation_lib.mix.entries import Entries
from curation_lib.mix.epochs import Share
from curation_lib.mix.leftovers import Given, tokens_of
from curation_lib.mix.shares import NAMES, ORDER, Binds, Fixed, Limits, fractions, size
from curation_lib.mix.targets import filled
from curation_lib.mix.water import exact


class Allotted(NamedTuple):
    """What each cell gives. rooms: tokens that each may give; planned: tokens that were to be given, the budget or as
    many as there is room for; binds: why not more; shares: those that were enforced, by name."""

    cells: Sequence[Cell]
    given: Sequence[Given]
    rooms: Sequence[int]
    planned: int
    binds: Binds
    shares: Mapping[str, Fraction]

    def buckets(self) -> Iterator[tuple[Bucket, Share, float]]:
        """Every bucket, what it gives, and its entry's weight."""
        for cell, given in zip(self.cells, self.given, strict=True):
            for bucket, share in zip(cell.buckets, given, strict=True):
                yield bucket, share, cell.weight

    def tokens(self) -> list[int]:
        """Tokens that each cell gives."""
        return list(map(tokens_of, self.cells, self.given))

    def by_kind(self) -> dict[Kind, int]:
        """Tokens that each kind gives."""
        summed = dict.fromkeys(ORDER, 0)
        for cell, tokens in zip(self.cells, self.tokens(), strict=True):
            summed[cell.kind] += tokens
        return summed


def allotted(entries: Entries, running: Mapping[Bucket, Running], limits: Limits, sorting: Sorting) -> Allotted:
    """What each bucket gives. Raises ConfigError where a share cannot be held by any mix."""
    found = cells(entries, running, sorting)
    rooms = [cell.room(limits.max_epochs, limits.once) for cell in found]
    answer, shares = _balanced(found, rooms, limits), dict[str, Fraction]()
    while smaller := tightened(found, answer.tokens(), answer.rooms, [exact(cap.share) for cap in limits.caps]):
        answer = _balanced(found, smaller.rooms, limits)
        shares |= {f"license {limits.caps[n].license}": exact(limits.caps[n].share) for n in smaller.caps}
    if not shares:
        return answer
    binds: Binds = "budget" if answer.binds == "budget" else "licence cap"
    return answer._replace(binds=binds, shares={**answer.shares, **shares})


def _balanced(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits) -> Allotted:
    """What each cell gives within `rooms`, synthetic part and anchor as they are asked for."""
    fixed = limits.asked()
    while True:
        answer = Allotted(
            cells, *_in_parts(cells, rooms, limits, fixed), {str(kind): part for kind, part in fixed.items()}
        )
        more = limits.broken(answer.by_kind(), fixed)
        if not more:
            return answer
        fixed = {**fixed, **more}


def _in_parts(
    cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, fixed: Fixed
) -> tuple[list[Given], Sequence[int], int, Binds]:
    """What the cells give, their rooms, how much they were to give in all, and why not more."""
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
        found = filled(some, [rooms[i] for i in mine], limits, aim)
        given |= dict(zip(mine, found, strict=True))
        left -= sum(map(tokens_of, some, found))
    return [given[i] for i in range(len(cells))], rooms, planned, binds


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
