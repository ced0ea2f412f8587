"""What each bucket of a corpus gives to a mix: by weights, budget, epochs and the synthetic share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from curation_lib.mix.buckets import Bucket
from curation_lib.mix.epochs import Share, share_out, spent
from curation_lib.mix.shares import Held, Limits, divided, over
from curation_lib.mix.weights import allocate

Entries = Mapping[int, Sequence[Bucket]]
Running = Mapping[Bucket, npt.NDArray[np.int64]]
Given = dict[Bucket, Share]


def allotted(entries: Entries, running: Running, weights: Sequence[float], limits: Limits) -> list[tuple[int, Given]]:
    """What each bucket of each entry gives; in two parts, natural and synthetic, where the weights alone would not
    keep the synthetic share."""
    if limits.share is None:
        targets = allocate(_held(entries, running, weights), weights, limits.budget, limits.max_epochs)
        given = [(i, _shared(entries[i], running, target)) for i, target in enumerate(targets)]
        if not over(*_by_kind(given, running), limits.most):
            return given
    parts = [{i: [b for b in entries[i] if b.synthetic is kind] for i in range(len(weights))} for kind in (False, True)]
    held = Held(*(_held(part, running, weights) for part in parts))
    return [
        (i, _shared(part[i], running, target))
        for part, targets in zip(parts, divided(held, weights, limits), strict=True)
        for i, target in enumerate(targets)
    ]


def _held(entries: Entries, running: Running, weights: Sequence[float]) -> list[int]:
    return [sum(int(running[bucket][-1]) for bucket in entries[i]) for i in range(len(weights))]


def _shared(buckets: Sequence[Bucket], running: Running, target: int) -> Given:
    shares = share_out([running[bucket] for bucket in buckets], target)
    return dict(zip(buckets, shares, strict=True))


def _by_kind(given: Sequence[tuple[int, Given]], running: Running) -> tuple[int, int]:
    """Tokens of natural and of synthetic documents."""
    tokens = [0, 0]
    for _, shares in given:
        for bucket, share in shares.items():
            tokens[bucket.synthetic] += spent(running[bucket], share)
    return tokens[0], tokens[1]
