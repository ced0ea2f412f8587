"""Cells: the documents that a target is set for; of one entry, kind, number of epochs and licence cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from curation_lib.core.errors import ConfigError
from curation_lib.mix.buckets import Bucket
from curation_lib.mix.curves import MOST_VALUES, Curve
from curation_lib.mix.entries import Entries
from curation_lib.mix.matches import Anchor
from curation_lib.mix.water import exact

Kind = Literal["synthetic", "other", "anchor"]
"""What a share of a mix can be asked for: documents that a generator wrote, those of the anchor, and the rest."""
Running = npt.NDArray[np.int64]
"""The running total of a bucket's documents' tokens, in order of priority."""


class Cell(NamedTuple):
    """Buckets of entry number `entry`, their documents' running totals beside them; `weight` is the entry's, `epochs`
    what its curve gives, 1 without a curve, `cap` the number of its licence's cap, if there is one."""

    entry: int
    weight: float
    kind: Kind
    epochs: Fraction
    cap: int | None
    buckets: Sequence[Bucket]
    running: Sequence[Running]

    @property
    def held(self) -> int:
        """Tokens of its documents."""
        return sum(int(running[-1]) for running in self.running)

    @property
    def asked(self) -> Fraction:
        """Tokens of its documents, times their epochs."""
        return self.epochs * self.held

    def room(self, max_epochs: float, once: bool) -> int:
        """Tokens that it may give: `max_epochs` over its documents, `once` no more than its curve says; nothing where
        weight or curve say 0."""
        if not self.weight or not self.epochs:
            return 0
        most = exact(max_epochs)
        return floor(min(most, self.epochs) * self.held if once else most * self.held)


class Sorting(NamedTuple):
    """What tells an entry's documents apart: keys of metadata in a bucket's order, a curve per listed entry (the last
    one is for all further entries), the anchor, and licences that have a cap, as globs of which the first counts."""

    keys: Sequence[str] = ()
    curves: Sequence[Curve | None] = (None,)
    anchor: Anchor | None = None
    caps: Sequence[str] = ()

    def kind(self, bucket: Bucket) -> Kind:
        """Which share its documents count to; the anchor's are natural."""
        if bucket.synthetic:
            return "synthetic"
        return "anchor" if self.anchor and bucket.matches(self.anchor, self.keys) else "other"

    def cap(self, bucket: Bucket) -> int | None:
        """Number of the cap that its licence is under."""
        return next((n for n, glob in enumerate(self.caps) if fnmatchcase(bucket.license, glob)), None)

    def epochs(self, entry: int, bucket: Bucket) -> Fraction:
        """What the entry's curve gives the bucket."""
        curve = self.curves[min(entry, len(self.curves) - 1)]
        return curve.epochs(bucket.metadata(self.keys)[curve.by]) if curve else Fraction(1)


class Place(NamedTuple):
    """What the buckets of one cell have in common."""

    entry: int
    kind: Kind
    epochs: Fraction
    cap: int | None


def cells(entries: Entries, running: Mapping[Bucket, Running], sorting: Sorting) -> list[Cell]:
    """Every entry's cells, in the entries' order.

    Raises ConfigError where a curve's key is no number, or has more than MOST_VALUES values.
    """
    _check_values(list(running), sorting)
    found: dict[Place, list[Bucket]] = {}
    for i, buckets in enumerate(entries.buckets):
        for bucket in buckets:
            place = Place(i, sorting.kind(bucket), sorting.epochs(i, bucket), sorting.cap(bucket))
            found.setdefault(place, []).append(bucket)
    return [
        Cell(at.entry, entries.weights[at.entry], at.kind, at.epochs, at.cap, buckets, [running[b] for b in buckets])
        for at, buckets in found.items()
    ]


def _check_values(buckets: Sequence[Bucket], sorting: Sorting) -> None:
    for name in {curve.by for curve in sorting.curves if curve}:
        if (count := len({bucket.metadata(sorting.keys)[name] for bucket in buckets})) > MOST_VALUES:
            raise ConfigError(
                f"curve: metadata {name!r} has {count:,} different values, {MOST_VALUES:,} at most can be told apart; "
                "name a key with fewer, such as quality_bucket, or round its values where they are made"
            )
