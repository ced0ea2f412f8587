"""Leftovers: what a cell's next document is too long for goes to the others, so that a budget is met as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from curation_lib.mix.cells import Cell
from curation_lib.mix.epochs import Share, spent, topped
from curation_lib.mix.water import fill

Given = list[Share]
"""What each bucket of a cell gives."""


def passed_on(
    cells: Sequence[Cell], given: Sequence[Given], rooms: Sequence[int], aims: Sequence[int], budget: int
) -> list[Given]:
    """`given` with what is left of `budget` spent, too.

    aims: what each cell was to give; rooms: what it may give at most. What is left is offered in proportion to the
    aims, round by round, to cells that could place something of it; at the end to each in turn. So a document that is
    next in a bucket, and that its cell has room for, is longer than what then remains: the budget is missed by less
    than the shortest of them.
    """
    found = list(given)
    left = budget - sum(map(tokens_of, cells, found))
    able = list(range(len(cells)))
    while able and left:
        room = [rooms[i] - tokens_of(cells[i], found[i]) for i in able]
        caps = [one if aims[i] else 0 for i, one in zip(able, room, strict=True)]
        offers = fill(caps, [Fraction(aims[i]) for i in able], left)
        placed = [_place(cells[i], found, i, offer) for i, offer in zip(able, offers, strict=True)]
        left -= sum(placed)
        able = [i for i, tokens in zip(able, placed, strict=True) if tokens]
    for i, cell in enumerate(cells):
        left -= _place(cell, found, i, min(left, rooms[i] - tokens_of(cell, found[i])))
    return found


def _place(cell: Cell, found: list[Given], i: int, offer: int) -> int:
    """Spend at most `offer` in the cell; returns how many tokens."""
    before = tokens_of(cell, found[i])
    found[i] = topped(cell.running, found[i], offer)
    return tokens_of(cell, found[i]) - before


def tokens_of(cell: Cell, given: Given) -> int:
    """Tokens that the cell gives."""
    return sum(spent(running, share) for running, share in zip(cell.running, given, strict=True))


def next_tokens(cell: Cell, given: Given) -> int | None:
    """Tokens of the shortest document that the cell could give next; None where it has none."""
    pairs = list(zip(cell.running, given, strict=True))
    ahead = [(running, share.taken) for running, share in pairs if share.taken < len(running)]
    ahead = ahead or [(running, 0) for running, _ in pairs]  # an epoch is through: the next one begins
    return min((int(running[at]) - int(running[at - 1] if at else 0) for running, at in ahead), default=None)
