"""Entries: what shares a budget; those that a recipe lists and, on demand, one per source or language of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.core.weights_files import WeightsFrom
from curation_lib.mix.buckets import Bucket, entry
from curation_lib.mix.weights import Weight

By = Literal["source", "language"]


class Entries(NamedTuple):
    """Each entry's buckets and weight."""

    buckets: list[list[Bucket]]
    weights: list[float]


def grouped(
    found: Sequence[Bucket], listed: Sequence[Weight], rest: float, by: By | None, keys: Sequence[str] = ()
) -> Entries:
    """The listed entries in order, then what none of them matches: one entry, or one per source or language (a
    language that is not known is one), sorted by it; each of these has the weight `rest`.
    keys: of the buckets' metadata."""
    homes = {bucket: _home(bucket, listed, by, keys) for bucket in found}
    places = [(i, "") for i in range(len(listed))]
    places += sorted(set(homes.values()) - set(places))
    buckets: dict[tuple[int, str], list[Bucket]] = {place: [] for place in places}
    for bucket, home in homes.items():
        buckets[home].append(bucket)
    weights = [*(one.weight for one in listed), *[rest] * (len(places) - len(listed))]
    return Entries(list(buckets.values()), weights)


def _home(bucket: Bucket, listed: Sequence[Weight], by: By | None, keys: Sequence[str]) -> tuple[int, str]:
    i = entry(bucket, listed, keys)
    if by is None or i < len(listed):
        return i, ""
    return i, bucket.source if by == "source" else bucket.language


def require_matched(entries: Entries, listed: Sequence[Weight], given: WeightsFrom) -> None:
    """ConfigError where an entry of a weights file has a weight and matches no document: its share would go to others,
    and the mix be another than the one that was found to be good."""
    if not any(entries.buckets):
        return  # a corpus without documents has no mix at all: its gate says so
    of = f"mixture {given.mixture} {given.fingerprint}" if given.mixture else given.file
    for one, buckets in zip(listed, entries.buckets, strict=False):
        if one.weight and not buckets:
            raise ConfigError(
                f"weights_file: no document matches {one.words()}, to which {of} gives weight {one.weight:g}; add "
                "sources of such documents to the recipe, or list the weights in the recipe instead"
            )
