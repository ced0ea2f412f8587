"""Cells: the documents that a target is set for; of one entry, one kind and one number of epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.mix.buckets import Bucket
from curation_lib.mix.entries import Entries
from curation_lib.mix.weights import exact

Kind = Literal["synthetic", "other"]
"""What a share of a mix can be asked for: documents that a generator wrote, and the rest."""
Running = npt.NDArray[np.int64]
"""The running total of a bucket's documents' tokens, in order of priority."""


class Cell(NamedTuple):
    """Buckets of entry number `entry`, their documents' running totals beside them; `weight` is the entry's."""

    entry: int
    weight: float
    kind: Kind
    buckets: Sequence[Bucket]
    running: Sequence[Running]

    @property
    def held(self) -> int:
        """Tokens of its documents."""
        return sum(int(running[-1]) for running in self.running)

    def room(self, max_epochs: float) -> int:
        """Tokens that it may give: floor(max_epochs * held), nothing where its weight is 0."""
        return floor(exact(max_epochs) * self.held) if self.weight else 0


def cells(entries: Entries, running: Mapping[Bucket, Running]) -> list[Cell]:
    """Every entry's cells, in the entries' order."""
    found: dict[tuple[int, Kind], list[Bucket]] = {}
    for i, buckets in enumerate(entries.buckets):
        for bucket in buckets:
            found.setdefault((i, _kind(bucket)), []).append(bucket)
    return [
        Cell(i, entries.weights[i], kind, buckets, [running[bucket] for bucket in buckets])
        for (i, kind), buckets in found.items()
    ]


def _kind(bucket: Bucket) -> Kind:
    return "synthetic" if bucket.synthetic else "other"
