"""What a mix comes to, in numbers: for its manifest, and for a plan before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.mix.allotted import Allotted
from curation_lib.mix.buckets import Bucket
from curation_lib.mix.cells import Cell, Running
from curation_lib.mix.epochs import Share, spent
from curation_lib.mix.leftovers import Given, next_tokens, tokens_of
from curation_lib.mix.repeats import effective_tokens
from curation_lib.mix.shares import Limits

Group = tuple[str, str, str, bool]
"""Source, language, licence, and whether a generator wrote the documents."""
Facts = dict[str, Any]
_COUNTS = ("documents_held", "tokens_held", "documents", "rows", "tokens", "unique_tokens", "effective_tokens")


class Taken(NamedTuple):
    """What a bucket gives, with its documents' running totals; full: its cell has no room for another document."""

    bucket: Bucket
    running: Running
    share: Share
    full: bool


def planned(found: Allotted, limits: Limits) -> Facts:
    """JSON-ready: `budget` (or null), `planned` (the tokens that it allows for), `binds` (what kept the mix from being
    larger: budget, epoch cap, synthetic share, anchor, licence cap or corpus size), `shares` that were enforced, tokens
    of the `anchor`, and the counts below in all and per `groups`: source, language, license, synthetic and

    `documents_held` and `tokens_held` by the corpus; `documents` taken, as `rows` with their copies, their `tokens`,
    `unique_tokens` without copies, `effective_tokens` (`mix/repeats.py`); `full`: none of them has room for more.
    """
    groups: dict[Group, list[Taken]] = {}
    for cell, given, room in zip(found.cells, found.given, found.rooms, strict=True):
        for taken in _taken(cell, given, room):
            groups.setdefault(_group(taken.bucket), []).append(taken)
    rows = [_row(group, groups[group]) for group in sorted(groups)]
    return {
        "budget": limits.budget,
        "planned": found.planned,
        "binds": found.binds,
        "shares": {name: float(part) for name, part in found.shares.items()},
        "anchor": found.by_kind()["anchor"],
        **summed(rows),
        "groups": rows,
    }


def summed(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The counts of groups in all."""
    total = Counter(dict.fromkeys(_COUNTS, 0))
    for row in rows:
        total.update({name: row[name] for name in _COUNTS})
    return dict(total)


def _taken(cell: Cell, given: Given, room: int) -> list[Taken]:
    left = room - tokens_of(cell, given)
    full = left < (next_tokens(cell, given) or left + 1)
    return [Taken(*each, full) for each in zip(cell.buckets, cell.running, given, strict=True)]


def _group(bucket: Bucket) -> Group:
    return bucket.source, bucket.language, bucket.license, bucket.synthetic


def _row(group: Group, taken: Sequence[Taken]) -> Facts:
    unique: Counter[int] = Counter()
    counts: Counter[str] = Counter()
    for one in taken:
        documents, total = len(one.running), int(one.running[-1])
        first = spent(one.running, Share(0, one.share.taken))
        unique.update({one.share.whole + 1: first, one.share.whole: total - first})
        counts["documents_held"] += documents
        counts["tokens_held"] += total
        counts["documents"] += documents if one.share.whole else one.share.taken
        counts["rows"] += one.share.whole * documents + one.share.taken
    del unique[0]
    counts["tokens"] = sum(epochs * tokens for epochs, tokens in unique.items())
    counts["unique_tokens"] = sum(unique.values())
    counts["effective_tokens"] = round(sum(effective_tokens(unique[epochs], epochs) for epochs in sorted(unique)))
    names = ("source", "language", "license", "synthetic")
    return {**dict(zip(names, group, strict=True)), **{name: counts[name] for name in _COUNTS},
            "full": all(one.full for one in taken)}  # fmt: skip
