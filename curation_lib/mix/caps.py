"""Licence caps: tokens under certain licences are at most a certain share of a mix."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from curation_lib.core.errors import ConfigError
from curation_lib.mix.cells import Cell
from curation_lib.mix.water import fill


class LicenseCap(BaseModel):
    """Documents under licences that match the glob `license` make at most `share` of a mix's tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    license: str
    share: float = Field(ge=0, le=1)


class Tightened(NamedTuple):
    """Rooms of cells, and the numbers of the caps that made them smaller."""

    rooms: list[int]
    caps: list[int]


def tightened(
    cells: Sequence[Cell], tokens: Sequence[int], rooms: Sequence[int], caps: Sequence[Fraction]
) -> Tightened | None:
    """The cells' rooms, smaller where their `tokens` break a cap; None where none does.

    The licence's room is its share of as many tokens as the mix has, or can have with what other licences still have
    room for; its cells share it as they shared their tokens. Rooms only shrink, so that asking again comes to an end;
    where the mix became smaller by it, there may be something to tighten again.

    Raises ConfigError where nothing is left that a cap could be a share of.
    """
    total = sum(tokens)
    members = [[i for i, cell in enumerate(cells) if cell.cap == number] for number in range(len(caps))]
    broken = [n for n, mine in enumerate(members) if sum(tokens[i] for i in mine) > caps[n] * total]
    if not broken:
        return None
    rest = 1 - sum((caps[n] for n in broken), Fraction(0))
    others = sum(room for cell, room in zip(cells, rooms, strict=True) if cell.cap not in broken)
    if not others:
        raise ConfigError(
            "license_caps: every document with a weight is under a licence that may only be a part of the mix; "
            "give others a weight, or raise the caps"
        )
    size = min(total, floor(others / rest)) if rest > 0 else total
    found = list(rooms)
    for n in broken:
        given = [tokens[i] for i in members[n]]
        smaller = fill(given, [Fraction(one) for one in given], floor(caps[n] * size))
        for i, room in zip(members[n], smaller, strict=True):
            found[i] = room
    return Tightened(found, broken)
