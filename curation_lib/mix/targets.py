"""A budget over cells: the rule over entries, curves within an entry, then documents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import floor

from curation_lib.mix.cells import Cell
from curation_lib.mix.epochs import share_out
from curation_lib.mix.leftovers import Given, passed_on
from curation_lib.mix.shares import Limits
from curation_lib.mix.water import fill


def filled(cells: Sequence[Cell], rooms: Sequence[int], limits: Limits, budget: int) -> list[Given]:
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
