"""Writes one phase for trainers: every format, a data card, the manifest last."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.stage import Map
from curation_lib.export import summary
from curation_lib.runner.books import Books
from curation_lib.runner.commit import Outputs, once
from curation_lib.runner.lineage import build_id_of
from curation_lib.runner.manifest import Entry, Manifest, read_manifest, total
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, identities, part_work
from curation_lib.runner.shard import documents
from curation_lib.runner.work import Work, contexts, entry, explained


def run_export(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    """exports/<corpus>/<build_id>/<phase>/{parquet,jsonl}/part-*; empty shards write no file."""
    assert session.recipe is not None
    build = build_id_of(session.store, session.recipe, inputs)
    directory = f"exports/{session.recipe.corpus}/{build}/{step.phase}"
    if done := read_manifest(session.store, directory):
        return done
    work_print = fingerprint([directory, identities(step)])
    work = part_work(step, inputs, session, work_print, "")
    entries = session.run(step.id, write_shard, [_placed(w, directory) for w in work])
    merged = summary.merge([e.counts.pop("summary") for e in entries])
    facts = {
        "build_id": build,
        "phase": step.phase,
        "composition": merged["groups"],
        "recipe": session.recipe_print,
    }
    counts = total([e.counts for e in entries])
    ids = identities(step)
    manifest = Manifest(step.label, work_print, directory, ids, [m.directory for m in inputs], entries, counts, facts)
    if session.card is not None:
        for name, text in session.card(step, manifest).items():
            session.store.put(f"{directory}/{name}", text.encode())
    manifest.write(session.store)
    return manifest


def _placed(work: Work, directory: str) -> Work:
    from dataclasses import replace

    return replace(work, directory=directory)


def write_shard(work: Work) -> Entry:
    """One part of the mixture in every format."""

    def make(outputs: Outputs) -> dict[str, Any]:
        books, partials = Books(), []
        for number, ((stage, config), context) in enumerate(zip(work.bound(), contexts(work), strict=True)):
            assert isinstance(stage, Map)
            module = import_module(f"curation_lib.{stage.name}")
            first = number == 0
            batches = []
            for batch in documents(work, books if first else Books()):
                kept = stage.fn(batch, config, context).kept
                batches.append(kept)
                if first:
                    partials.append(summary.partial(kept))
                    books.keep(kept)
            rows = sum(b.num_rows for b in batches)
            if rows:
                kind = stage.name.partition(".")[2]
                with outputs.writing(kind) as written:
                    module.encode(batches, written.file, config)
                outputs.rows(kind, rows)
        return {**books.counts(), "summary": summary.merge(partials)}

    paths = {}
    for stage, _ in work.bound():
        kind = stage.name.partition(".")[2]
        suffix = import_module(f"curation_lib.{stage.name}").SUFFIX
        paths[kind] = f"{kind}/part-{work.index:05d}{suffix}"
    with explained(work):
        return entry(work, once(work.store, work.fingerprint, work.input, work.directory, paths, make))
