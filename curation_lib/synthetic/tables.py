"""Tables: Markdown with a header, a separator and rows of as many cells."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, model_validator

from curation_lib.synthetic.layouts import Filled, Layout, distinct
from curation_lib.synthetic.replies import Unparsed

_RULE = re.compile(r":?-+:?")
_BETWEEN = re.compile(r"(?<!\\)\|")


class Table(Layout):
    """At least two columns with names and two different rows; every row has a cell, blank or not, per column, and is
    not blank throughout."""

    columns: list[Filled] = Field(min_length=2)
    rows: list[list[str]] = Field(min_length=2)

    @model_validator(mode="after")
    def _square(self) -> Self:
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, not {len(self.columns)}")
            if not row[0].strip() or not any(cell.strip() for cell in row[1:]):
                raise ValueError(f"row {number} says nothing")
        distinct(self.columns, "columns")
        distinct(["\0".join(row) for row in self.rows], "rows")
        return self

    @classmethod
    def read(cls, text: str) -> Self:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        for line in lines:
            if not line.startswith("|"):
                raise Unparsed(f"{line[:60]!r} is no row of a table")
        cells = [_cells(line) for line in lines]
        if len(cells) < 2 or not all(_RULE.fullmatch(cell) for cell in cells[1]):
            raise Unparsed("has no header with a separator row")
        if len(cells[1]) != len(cells[0]):
            raise Unparsed(f"the separator has {len(cells[1])} cells, not {len(cells[0])}")
        return cls(columns=cells[0], rows=cells[2:])

    def written(self) -> str:
        rows = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join(f"| {' | '.join(' '.join(_escaped(cell).split()) for cell in row)} |" for row in rows)


def _cells(line: str) -> list[str]:
    cells = _BETWEEN.split(line)[1:]
    if cells and not cells[-1].strip():
        cells.pop()
    return [cell.replace("\\|", "|").strip() for cell in cells]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
