"""Law 1: rows in + created = kept + dropped + quarantined + skipped, counted in the files themselves."""

from __future__ import annotations

from collections import Counter

import pyarrow.parquet as pq
import pytest

from curation_lib.core.registry import names
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Entry, Manifest
from curation_lib.runner.store import Store
from curation_lib.synthetic.forms import forms
from tests.laws.conftest import Built

READ = {
    "sources.sources-jsonl": 58,
    "sources.sources-parquet": 24,
    "sources.sources-warc": 16,
    "sources.sources-records": 15,
}
"""Rows and records written by `write_inputs`."""


def manifests(built: Built) -> list[tuple[str, Manifest]]:
    return [(s.step, complete(built.store, s.directory)) for s in built.build.steps]


def table(store: Store, manifest: Manifest, entry: Entry, kind: str) -> list[dict[str, object]]:
    if kind not in entry.files:
        return []
    rows = pq.read_table(store.path(f"{manifest.directory}/{entry.files[kind].path}")).to_pylist()
    assert len(rows) == entry.files[kind].rows
    return rows  # type: ignore[no-any-return]


def test_every_stage_took_part(built: Built) -> None:
    ran = {stage["stage"] for _, m in manifests(built) for stage in m.stages}
    assert ran == set(names())


def test_every_dataset_adds_up_in_its_files(built: Built) -> None:
    for step, manifest in manifests(built):
        if step.startswith("export.") and step != "export.licenses":
            continue
        inputs = [(m, e) for d in manifest.inputs for m in [complete(built.store, d)] for e in m.shards]
        if step.startswith("shuffle."):
            inputs = [(manifest, e) for e in manifest.shards]  # its parts are of none of the input: see below
        for number, entry in enumerate(manifest.shards):
            kept = table(built.store, manifest, entry, "part")
            dropped = table(built.store, manifest, entry, "drops")
            quarantined = table(built.store, manifest, entry, "quarantine")
            created = len(kept) - len({row["doc_id"] for row in kept}) if step.startswith("mix.") else 0
            if step == "synthetic.generate":
                created = sum(row["format"] == "synthetic" for row in kept)
            skipped = entry.counts["skipped"] if not inputs else 0
            rows_in = len(table(built.store, *inputs[number], "part")) if inputs else entry.counts["rows_in"]
            where = f"{step} {entry.name}"
            assert rows_in + created == len(kept) + len(dropped) + len(quarantined) + skipped, where
            assert entry.counts["rows_in"] == rows_in, where
            assert entry.counts["kept"] == len(kept), where
            assert entry.counts["created"] == created, where
            reasons = Counter(f"{row['stage']}.{row['rule']}" for row in dropped)
            assert {k: n for k, n in entry.counts["dropped"].items() if n} == reasons, where
            assert sum(entry.counts["quarantined"].values()) == len(quarantined), where


@pytest.mark.parametrize("step", READ)
def test_sources_count_every_line_row_and_record(built: Built, step: str) -> None:
    counts = {s.step: s.counts for s in built.build.steps}
    assert counts[step]["rows_in"] == READ[step]


def test_no_document_is_lost_or_doubled_on_the_way(built: Built) -> None:
    """The doc_ids that enter a dataset are those that leave it, in its part or its books, no more and no less."""
    for step, manifest in manifests(built):
        if not manifest.inputs or (step.startswith("export.") and step != "export.licenses"):
            continue
        came = Counter(r["source_id"] for d in manifest.inputs for m in [complete(built.store, d)] for e in m.shards
                       for r in table(built.store, m, e, "part"))  # fmt: skip
        left = Counter(r["source_id"] for e in manifest.shards for r in table(built.store, manifest, e, "part"))
        if step.startswith("mix."):
            left = Counter(set(left))
        if step == "synthetic.generate":
            made = [source_id for source_id in left if source_id.partition("#")[2].partition(".v")[0] in forms()]
            assert len(made) == manifest.counts["created"]
            left -= Counter(made)
        for kind, name in (("drops", "source_id"), ("quarantine", "locator")):
            left += Counter(r[name] for e in manifest.shards for r in table(built.store, manifest, e, kind))
        assert came == left, step


def test_things_happened(built: Built) -> None:
    """The corpus exercises what the laws speak of; otherwise they would hold of nothing."""
    counts = {s.step: s.counts for s in built.build.steps}
    dropped = {rule for c in counts.values() if c for rule, n in c["dropped"].items() if n}
    assert {
        "normalize.html.media_type", "normalize.plain.empty", "dedup.exact.duplicate_id",
        "dedup.exact.duplicate_content", "dedup.url.same_url", "dedup.minhash.near_duplicate",
        "dedup.semantic.semantic_duplicate", "export.licenses.license_unknown",
        "export.licenses.license_not_allowed", "mix.sample.not_sampled", "mix.sample.weight_zero",
    } <= dropped  # fmt: skip
    assert any(rule.startswith("filters.") for rule in dropped)
    assert counts["synthetic.generate"]["created"] == 7
    assert counts["sources.sources-jsonl"]["quarantined"]
    assert counts["dedup.exact"]["quarantined"]
    assert counts["sources.sources-warc"]["skipped"] == 2
    assert counts["mix.midtrain"]["created"]
    assert sum(c["edited"] for c in counts.values() if c) > 0


def test_exports_hold_the_mixture_shuffled(built: Built) -> None:
    directories = built.build.directories()
    for phase in ("pretrain", "midtrain", "posttrain"):
        mix, shuffled, export = (
            complete(built.store, directories[f"{kind}.{phase}"]) for kind in ("mix", "shuffle", "export")
        )
        mixed = [r["doc_id"] for e in mix.shards for r in table(built.store, mix, e, "part")]
        wanted = [r["doc_id"] for e in shuffled.shards for r in table(built.store, shuffled, e, "part")]
        got = [r["doc_id"] for e in export.shards for r in table(built.store, export, e, "parquet")]
        assert wanted, phase
        assert got == wanted, phase
        assert Counter(mixed) == Counter(wanted), phase
        assert mixed != wanted or len(mixed) < 4, phase
