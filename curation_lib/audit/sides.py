"""Counts of a block of filters under two settings, and the documents that change sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.taken import Drop
from curation_lib.runner.deciding import Decision

Sides = Counter[tuple[str, str, bool, bool]]
"""(source, language, kept before, kept after) -> documents."""


class Flipped(NamedTuple):
    """A document that changes sides. `before`, `after`: the stage that takes it and its ledger row, None where kept."""

    doc_id: str
    part: str
    row: int
    who: dict[str, Any]
    before: tuple[str, Drop] | None
    after: tuple[str, Drop] | None


@dataclass
class Tally:
    """Counts of one block under two settings; of the documents that change sides, those with the smallest ids."""

    samples: int
    sides: Sides = field(default_factory=Counter)
    first: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    failed: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    limits: tuple[dict[str, Any], dict[str, Any]] = field(default_factory=lambda: ({}, {}))
    gone: list[Flipped] = field(default_factory=list)
    back: list[Flipped] = field(default_factory=list)

    def add(self, part: str, at: int, batch: pa.RecordBatch, decisions: tuple[Decision, Decision]) -> None:
        """Count a batch whose first row is row `at` of `part`."""
        before, after = (d.kept for d in decisions)
        self.sides.update(_sides(batch, before, after))
        for decision, first, failed, limits in zip(decisions, self.first, self.failed, self.limits, strict=True):
            names, size = decision.names, len(decision.rules)
            limits.update({name: rule.threshold for name, (_, rule) in zip(names, decision.rules, strict=True)})
            first.update(dict(zip(names, np.bincount(decision.first, minlength=size).tolist(), strict=False)))
            failed.update(dict(zip(names, decision.failed.sum(axis=1).tolist(), strict=True)))
        self.gone = self._smallest(self.gone, part, at, batch, decisions, before & ~after)
        self.back = self._smallest(self.back, part, at, batch, decisions, after & ~before)

    def _smallest(
        self, held: list[Flipped], part: str, at: int, batch: pa.RecordBatch,
        decisions: tuple[Decision, Decision], flips: npt.NDArray[np.bool_],
    ) -> list[Flipped]:  # fmt: skip
        rows = np.flatnonzero(flips).tolist()
        ids = batch.column("doc_id").take(pa.array(rows, pa.int64())).to_pylist()
        near = nsmallest(self.samples, zip(ids, rows, strict=True))
        found = [Flipped(id, part, at + row, batch.slice(row, 1).to_pylist()[0], *(_drop(d, row) for d in decisions))
                 for id, row in near]  # fmt: skip
        return nsmallest(self.samples, [*held, *found], key=lambda one: one[:3])


def _sides(
    batch: pa.RecordBatch, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]
) -> dict[tuple[str, str, bool, bool], int]:
    columns = {
        "source": batch.column("source"),
        "language": pc.fill_null(batch.column("language"), "unknown"),
        "before": pa.array(before),
        "after": pa.array(after),
    }
    counted = pa.table(columns).group_by(list(columns)).aggregate([([], "count_all")])
    keys = zip(*(counted.column(name).to_pylist() for name in columns), strict=True)
    return dict(zip(keys, counted.column("count_all").to_pylist(), strict=True))


def _drop(decision: Decision, row: int) -> tuple[str, Drop] | None:
    return decision.drop(row) if decision.failed[:, row].any() else None
