"""A dataset made again from its immutable input and its books alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.registry import find
from curation_lib.core.stage import Filter
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store

Rows = list[dict[str, Any]]
ASKED = {"synthetic_requests", "synthetic_rank", "synthetic_excerpt"}
"""Metadata that synthetic.seeds gives and synthetic.generate takes."""


def rows(store: Store, manifest: Manifest, number: int, kind: str) -> Rows:
    """Those of one shard of a dataset; none where it has no such file."""
    files = manifest.shards[number].files
    path = store.path(f"{manifest.directory}/{files[kind].path}") if kind in files else None
    return pq.read_table(path).to_pylist() if path else []


def inputs_of(store: Store, manifest: Manifest) -> list[tuple[Manifest, int]]:
    """The shard that each of the dataset's shards was made of."""
    return [(m, n) for d in manifest.inputs for m in [complete(store, d)] for n in range(len(m.shards))]


def cut(text: bytes, edits: Rows) -> bytes:
    """What disjoint edits, by place, leave of the text that they were made in."""
    pieces, end = [], 0
    for edit in edits:
        assert end <= edit["start"] < edit["end"] <= len(text), edit
        assert edit["text_hash"] == xxhash.xxh3_128_hexdigest(text[edit["start"] : edit["end"]]), edit
        pieces.append(text[end : edit["start"]])
        end = edit["end"]
    return b"".join([*pieces, text[end:]])


def check_replay(store: Store, manifest: Manifest) -> int:
    """Every shard of the dataset is its input less what the books drop and quarantine, each text cut by its edits,
    row for row, column for column: Maps edit one after the other, a block of filters cuts the text that it was given.
    Returns how many edits there were.

    What filters note in the metadata follows from their stored scores and is left out, as is an identity that stands
    twice in a shard: the books do not say which of the two went. Children of synthetic.generate come to what stays.
    """
    count = 0
    notes = {key for s in manifest.stages for key in getattr(find(s["stage"]), "annotates", ())}
    if any(s["stage"].startswith("synthetic.") for s in manifest.stages):
        notes |= ASKED
    at_once = isinstance(find(manifest.stages[0]["stage"]), Filter)
    stages = [""] if at_once else [stage["stage"] for stage in manifest.stages]
    for number, (source, at) in enumerate(inputs_of(store, manifest)):
        edits: dict[tuple[str, ...], Rows] = defaultdict(list)
        for edit in rows(store, manifest, number, "edits"):
            edits["" if at_once else edit["stage"], edit["doc_id"], edit["source_id"]].append(edit)
            count += 1
        before, after = rows(store, source, at, "part"), rows(store, manifest, number, "part")
        twice = {who for who, n in Counter(map(_who, before)).items() if n > 1}
        dropped = {_who(r) for r in rows(store, manifest, number, "drops")}
        gone = dropped | twice | {(r["source"], r["locator"]) for r in rows(store, manifest, number, "quarantine")}
        made = [_without(_edited(row, stages, edits), notes) for row in before if _who(row) not in gone]
        new = {_who(row) for row in after if row["format"] == "synthetic"} - set(map(_who, before))
        wanted = [_without(row, notes) for row in after if _who(row) not in twice | new]
        assert pa.Table.from_pylist(made, DOCUMENT).equals(pa.Table.from_pylist(wanted, DOCUMENT))
        # A later Map of the same step may drop what an earlier one had edited; one alone books no edits of a drop.
        assert not edits or (len(stages) > 1 and {who[2] for who in edits} <= {who[1] for who in dropped})
    return count


def _who(row: dict[str, Any]) -> tuple[str, str]:
    return row["source"], row["source_id"]


def _without(row: dict[str, Any], notes: set[str]) -> dict[str, Any]:
    left = [(key, value) for key, value in row["metadata"] or () if key not in notes]
    return {**row, "metadata": left or (None if notes else row["metadata"])}


def _edited(row: dict[str, Any], stages: list[str], edits: dict[tuple[str, ...], Rows]) -> dict[str, Any]:
    text = row["text"].encode()
    for stage in stages:
        text = cut(text, sorted(edits.pop((stage, row["doc_id"], row["source_id"]), []), key=lambda e: e["start"]))
    return {**row, "text": text.decode(), "content_hash": xxhash.xxh3_128_hexdigest(text)}
