"""A stage's edits, applied to its immutable input, give its output byte for byte, and name what they took."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow.parquet as pq
import xxhash

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.registry import find
from curation_lib.core.stage import Filter
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store
from tests.laws.conftest import Built


def rows(store: Store, manifest: Manifest, number: int, kind: str) -> list[dict[str, Any]]:
    """Those of one shard of a dataset; none where it has no such file."""
    files = manifest.shards[number].files
    path = store.path(f"{manifest.directory}/{files[kind].path}") if kind in files else None
    return pq.read_table(path).to_pylist() if path else []


def check_edits(store: Store, manifest: Manifest) -> int:
    """Hold every shard of a dataset made by one stage, or one block of filters, against its input; returns how many edits there were."""
    inputs = [(m, n) for d in manifest.inputs for m in [complete(store, d)] for n in range(len(m.shards))]
    count = 0
    for number, (source, at) in enumerate(inputs):
        edits: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for edit in rows(store, manifest, number, "edits"):
            edits[edit["doc_id"], edit["source_id"]].append(edit)
        before = {(r["doc_id"], r["source_id"]): r["text"].encode() for r in rows(store, source, at, "part")}
        kept = rows(store, manifest, number, "part")
        for row in kept:
            who = row["doc_id"], row["source_id"]
            text, end = before[who], 0
            pieces = []
            for edit in edits.pop(who, []):
                assert end <= edit["start"] < edit["end"] <= len(text), edit
                assert edit["text_hash"] == xxhash.xxh3_128_hexdigest(text[edit["start"] : edit["end"]])
                pieces.append(text[end : edit["start"]])
                end = edit["end"]
                count += 1
            assert row["text"].encode() == b"".join([*pieces, text[end:]])
            assert row["content_hash"] == xxhash.xxh3_128_hexdigest(row["text"].encode())
        assert not edits  # a document that is gone has none
    return count


def test_edits_lead_from_each_input_to_its_output(built: Built) -> None:
    found = {}
    for step in built.build.steps:
        manifest = complete(built.store, step.directory) if step.state != "off" else None
        if not manifest or not manifest.inputs or step.step.startswith(("mix.", "export.")):
            continue
        stages = [find(one["stage"]) for one in manifest.stages]
        assert all(stage.consumes == stage.produces == DOCUMENT for stage in stages)
        if len(stages) == 1 or all(isinstance(stage, Filter) for stage in stages):
            found[step.step] = check_edits(built.store, manifest)
    assert found["dedup.spans"] == 2
    assert found["filters.c4_lines"] > 10
    assert found["filters.boilerplate_lines"] > 0
    assert found["dedup.minhash"] == 0
    assert found["filters.block_2"] == 3  # filters.decontaminate
