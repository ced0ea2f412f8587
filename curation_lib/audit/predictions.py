"""What a block of filters keeps under other settings, decided again from the scores of a finished build.

Read are the scores and the documents' identities, some shards at once; texts only of the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.audit.sides import Flipped, Sides, Tally
from curation_lib.core.errors import ContractError, StoreError
from curation_lib.core.stage import Bound
from curation_lib.runner.ahead import ahead
from curation_lib.runner.deciding import Decision, decide
from curation_lib.runner.filter_step import states_of
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import ROW_GROUP, read_batches, read_columns, read_rows
from curation_lib.runner.store import Store

IDENTITY = ("doc_id", "source", "source_id", "url", "language")
Judged = tuple[str, int, pa.RecordBatch, tuple[Decision, Decision]]
"""A batch of the block's input: its part, its first row, identities, and both decisions."""
EXCERPT = 200
"""Characters of a sampled text that are shown."""


def predict(
    store: Store, manifest: Manifest, before: Sequence[Bound], after: Sequence[Bound], samples: int
) -> dict[str, Any]:
    """What `after` would keep of the documents that came to the block whose dataset is `manifest`.

    `rows_in`; `kept` and `dropped`, each {before, after}; `rules` in order, with documents that go by the rule
    (`first`) and that fail it at all (`failed`); `by_source` and `by_language`; `flipped`, how many are `dropped` or
    `kept` only after; `samples` of these, at most `samples` of each. Raises ContractError where the scores do not give
    the build's own counts under the build's own settings, StoreError where scores are gone.
    """
    tally = Tally(samples)
    for shard in _decided(store, manifest, before, after):
        for judged in shard:
            tally.add(*judged)
    _require_reproduced(manifest, tally)
    return {
        "rows_in": tally.sides.total(),
        **_kept(tally.sides.items()),
        "rules": _rules(tally),
        "by_source": _grouped(tally.sides, 0, "source"),
        "by_language": _grouped(tally.sides, 1, "language"),
        "flipped": {
            "dropped": sum(n for (_, _, was, now), n in tally.sides.items() if was and not now),
            "kept": sum(n for (_, _, was, now), n in tally.sides.items() if now and not was),
        },
        "samples": _shown(store, tally),
    }


def _decided(
    store: Store, manifest: Manifest, before: Sequence[Bound], after: Sequence[Bound]
) -> Iterator[list[Judged]]:
    """The block's input, shard by shard."""
    directories: dict[str, str] = manifest.facts["scores"]
    for name, directory in directories.items():
        if not store.exists(f"{directory}/manifest.json"):
            raise StoreError(f"{name}: no scores at {store.address(directory)}; build the recipe again")
    states = states_of(before, directories, store), states_of(after, directories, store)
    parts = [part for d in manifest.inputs for part in complete(store, d).parts()]

    def shard(place: tuple[int, str]) -> list[Judged]:
        number, part = place
        keys = [f"{directories[stage.name]}/part-{number:05d}.parquet" for stage, _ in before]
        scores = [read_batches(store, key, ROW_GROUP) for key in keys]
        found: list[Judged] = []
        at = 0
        for batch, *judged in zip_longest(read_columns(store, part, IDENTITY), *scores):
            if batch is None:
                raise ContractError(f"{part}: more rows of scores than documents; remove the scores and rebuild")
            both = decide(before, judged, batch, states[0]), decide(after, judged, batch, states[1])
            found.append((part, at, batch, both))
            at += batch.num_rows
        return found

    return ahead(shard, enumerate(parts))


def _both(values: Iterable[Any]) -> dict[str, Any]:
    before, after = values
    return {"before": before, "after": after}


def _require_reproduced(manifest: Manifest, tally: Tally) -> None:
    """The build's own settings must give the build's own counts, or the prediction is worth nothing."""
    counts = manifest.counts
    if (tally.sides.total(), dict(tally.first[0])) != (counts["rows_in"], counts["dropped"]):
        raise ContractError(
            f"{manifest.directory}: the stored scores do not give the counts of its manifest; remove them and rebuild"
        )


def _kept(sides: Iterable[tuple[tuple[str, str, bool, bool], int]]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {name: {"before": 0, "after": 0} for name in ("kept", "dropped")}
    for (_, _, was, now), n in sides:
        sums["kept" if was else "dropped"]["before"] += n
        sums["kept" if now else "dropped"]["after"] += n
    return sums


def _rules(tally: Tally) -> list[dict[str, Any]]:
    """Every rule that is on before or after, with documents that go by it (`first`) or fail it at all (`failed`)."""
    return [
        {
            "rule": name,
            "threshold": _both(limits.get(name) for limits in tally.limits),
            "first": _both(first[name] for first in tally.first),
            "failed": _both(failed[name] for failed in tally.failed),
        }
        for name in dict.fromkeys([*tally.first[1], *tally.first[0]])
    ]


def _grouped(sides: Sides, place: int, name: str) -> list[dict[str, Any]]:
    """`rows_in`, `kept` and `dropped` of each source or language, the largest first."""
    groups: dict[Any, list[Any]] = {}
    for key, n in sides.items():
        groups.setdefault(key[place], []).append((key, n))
    rows = [{name: one, "rows_in": sum(n for _, n in found), **_kept(found)} for one, found in groups.items()]
    return sorted(rows, key=lambda row: (-row["rows_in"], row[name]))


def _shown(store: Store, tally: Tally) -> list[dict[str, Any]]:
    """The sampled documents, those that go first, each with the rule that takes or took it and the head of its text."""
    found = [*tally.gone, *tally.back]
    texts: dict[tuple[str, int], str] = {}
    for part in dict.fromkeys(one.part for one in found):
        rows = [one.row for one in found if one.part == part]
        heads = pc.utf8_slice_codeunits(read_rows(store, part, rows, ["text"]).column("text"), 0, EXCERPT).to_pylist()
        texts |= {(part, row): head for row, head in zip(rows, heads, strict=True)}
    return [_sample(one, tally, texts[one.part, one.row]) for one in found]


def _sample(one: Flipped, tally: Tally, text: str) -> dict[str, Any]:
    taken = one.after or one.before
    assert taken is not None
    stage, drop = taken
    rule = f"{stage}.{drop.rule}"
    return {
        **one.who,
        "before": "dropped" if one.before else "kept",
        "after": "dropped" if one.after else "kept",
        "rule": rule,
        "score": drop.score,
        "threshold": _both(limits.get(rule) for limits in tally.limits),
        "also_failed": list(drop.also_failed),
        "excerpt": text,
    }
