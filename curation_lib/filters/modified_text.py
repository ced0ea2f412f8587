"""Putting a chain of modifiers to a batch: the edited batch, its edits, its drops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.stage import Result
from curation_lib.core.taken import Drop
from curation_lib.filters.marked_text import without_marked
from curation_lib.text.buffers import arrow_buffers
from curation_lib.text.modifier_steps import Step, steps_of
from curation_lib.text.modifiers import modify


def modified(batch: pa.RecordBatch, chain: Sequence[Step], most_removed: float | None = None) -> Result:
    """The batch after the chain. Edits of row i are ordered, disjoint byte spans of its text; a dropped row has none.

    most_removed: documents are dropped by `max_removed_word_ratio` that lost a larger share of DCLM's words, those
    without such a word too (score 1).
    """
    data, offsets = arrow_buffers(batch.column("text"))
    steps, rules = steps_of(chain)
    marks, before, after = modify(data, offsets, steps)
    dropped: dict[int, Drop] = {}
    if most_removed is not None:
        ratio = np.divide(before - after, before, out=np.ones(len(before)), where=before > 0)
        for row in np.flatnonzero(ratio > most_removed).tolist():
            dropped[row] = Drop(row, "max_removed_word_ratio", float(ratio[row]), most_removed)
    return without_marked(batch, marks, rules, dropped)


def follow_dialect(data: Any, default: str, defaults: Mapping[str, Mapping[str, Any]]) -> Any:
    """Raw settings with the defaults of their dialect; a setting that the dialect lacks may be given only as null or
    false."""
    if not isinstance(data, dict):
        return data
    dialect = data.get("dialect", default)
    own = defaults.get(dialect) if isinstance(dialect, str) else None
    if own is None:
        return data  # the field itself names the dialects there are
    foreign = [name for other in defaults.values() for name in other if name not in own and data.get(name)]
    if foreign:
        raise ValueError(f"{foreign[0]} is no rule of dialect {dialect!r}, whose rules are {', '.join(own)}")
    lacking = {name: _off(value) for other in defaults.values() for name, value in other.items() if name not in own}
    return {**lacking, **own, **data}


def _off(value: Any) -> Any:
    """What turns a rule off that has such a default."""
    if isinstance(value, bool):
        return False
    return () if isinstance(value, tuple) else None
