"""Where scores stand among all that a build stored: how many are smaller, how many equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.errors import StoreError
from curation_lib.runner.ahead import ahead
from curation_lib.runner.parts import read_columns
from curation_lib.runner.store import Store

HIDDEN = ("doc_id", "source_id", "tie", "draw")
"""Columns of scores that say nothing of the text: names, and what orders or draws among equals."""
WITHIN = {"filters.perplexity": "language"}
"""Scores that are comparable only among documents with the same value of this column."""


class Standing(NamedTuple):
    """smaller, equal: of the `documents` that have the score at all. group: whose documents, where not all."""

    smaller: int
    equal: int
    documents: int
    group: str = ""

    @property
    def percentile(self) -> float | None:
        """The percentage of documents with a smaller score, of equal ones half; null where none has the score."""
        return 100 * (self.smaller + self.equal / 2) / self.documents if self.documents else None


def ranked(stage: str, scores: pa.RecordBatch) -> list[str]:
    """The columns of scores that can be ranked."""
    numeric = (pa.types.is_integer, pa.types.is_floating)
    return [f.name for f in scores.schema if f.name not in HIDDEN and any(kind(f.type) for kind in numeric)]


def score_parts(store: Store, stage: str, directory: str) -> list[str]:
    """Keys of the parts with scores. Raises StoreError where the scores are gone."""
    found = store.find_json(f"{directory}/manifest.json")
    if found is None:
        raise StoreError(f"{stage}: no scores at {store.address(directory)}; build the recipe again")
    return [f"{directory}/{file['path']}" for file in found["files"]]


def standings(store: Store, stage: str, directory: str, scores: pa.RecordBatch) -> dict[str, list[Standing]]:
    """By column, where each row of `scores` stands among the stored ones. Texts are not read, and of the scores no
    more than some row groups are in memory."""
    names, groups = ranked(stage, scores), _groups(stage, scores)
    parts = score_parts(store, stage, directory) if names else []
    wanted = [*names, *({WITHIN[stage]} if stage in WITHIN else ())]

    def counted(part: str) -> npt.NDArray[np.int64]:
        sums = np.zeros((len(names), scores.num_rows, 3), np.int64)
        for batch in read_columns(store, part, wanted):
            if batch.num_rows:  # one without rows has no columns for them
                sums += np.array([_counts(batch, scores, name, stage, groups) for name in names]).reshape(sums.shape)
        return sums

    total = sum(ahead(counted, parts), np.zeros((len(names), scores.num_rows, 3), np.int64))
    return {
        name: [
            Standing(less, equal, all_, group)
            for (less, equal, all_), group in zip(total[n].tolist(), groups, strict=True)
        ]
        for n, name in enumerate(names)
    }


def _groups(stage: str, scores: pa.RecordBatch) -> Sequence[str]:
    return scores.column(WITHIN[stage]).to_pylist() if stage in WITHIN else [""] * scores.num_rows


def _counts(
    batch: pa.RecordBatch, scores: pa.RecordBatch, name: str, stage: str, groups: Sequence[str]
) -> npt.NDArray[np.int64]:
    """int64[rows of scores, 3]: smaller, equal and all values of the batch's column."""
    found = np.zeros((scores.num_rows, 3), np.int64)
    asked, column = scores.column(name), batch.column(name)
    for group in dict.fromkeys(groups):
        rows = np.flatnonzero(np.array(groups) == group)
        mine = column.filter(pc.equal(batch.column(WITHIN[stage]), group)) if stage in WITHIN else column
        values = np.sort(mine.drop_null().to_numpy(zero_copy_only=False))
        sought = pc.fill_null(asked.take(pa.array(rows)).cast(column.type), 0).to_numpy(zero_copy_only=False)
        below, upto = (np.searchsorted(values, sought, side) for side in ("left", "right"))
        found[rows] = np.stack([below, upto - below, np.full(len(rows), len(values))], axis=1)
    return found


def row_of(store: Store, parts: Sequence[str], doc_id: str) -> tuple[int, int] | None:
    """Part and row of the document's scores; reads nothing but ids."""

    def found(part: str) -> int:
        at = 0
        for batch in read_columns(store, part, ["doc_id"]):
            row = batch.column("doc_id").index(pa.scalar(doc_id, batch.schema.field("doc_id").type)).as_py()
            if row >= 0:
                return int(at + row)
            at += batch.num_rows
        return -1

    return next(((number, row) for number, row in enumerate(ahead(found, parts)) if row >= 0), None)
