"""What each bucket of a corpus gives to a mix: by rule, weights, budget, epochs and the synthetic share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from curation_lib.mix.buckets import Bucket
from curation_lib.mix.entries import Entries
from curation_lib.mix.epochs import Share, share_out, spent
from curation_lib.mix.shares import Held, Limits, divided, over
from curation_lib.mix.weights import allocate

Running = Mapping[Bucket, npt.NDArray[np.int64]]
Given = dict[Bucket, Share]


def allotted(entries: Entries, running: Running, limits: Limits) -> list[tuple[int, Given]]:
    """What each bucket gives, with the index of its entry; in two parts, natural and synthetic, where the rule alone
    would not keep the synthetic share."""
    if limits.share is None:
        tokens = _held(entries.buckets, running)
        shares = limits.rule.shares(tokens, entries.weights)
        given = _given(entries.buckets, running, allocate(tokens, shares, limits.budget, limits.max_epochs))
        if not over(*_by_kind(given, running), limits.most):
            return given
    parts = [[[b for b in buckets if b.synthetic is kind] for buckets in entries.buckets] for kind in (False, True)]
    targets = divided(Held(*(_held(part, running) for part in parts)), entries.weights, limits)
    return [one for part, target in zip(parts, targets, strict=True) for one in _given(part, running, target)]


def _held(entries: Sequence[Sequence[Bucket]], running: Running) -> list[int]:
    return [sum(int(running[bucket][-1]) for bucket in buckets) for buckets in entries]


def _given(entries: Sequence[Sequence[Bucket]], running: Running, targets: Iterable[int]) -> list[tuple[int, Given]]:
    pairs = enumerate(zip(entries, targets, strict=True))
    return [(i, _shared(buckets, running, target)) for i, (buckets, target) in pairs]


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
