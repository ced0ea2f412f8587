"""Writes one phase for trainers: every format of every part, what lies beside them, a data card, the manifest last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from curation_lib.core.config import StageConfig
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.stage import Context, Stage
from curation_lib.export import summary
from curation_lib.export.formats import Written
from curation_lib.runner.export import format_of, kind_of, names_of, write_shard
from curation_lib.runner.lineage import build_id_of
from curation_lib.runner.manifest import Entry, File, Manifest, read_manifest, total
from curation_lib.runner.plan import Step
from curation_lib.runner.session import Session, identities, part_work


def run_export(step: Step, inputs: Sequence[Manifest], session: Session) -> Manifest:
    """exports/<corpus>/<build_id>/<phase>/<format>/part-*; parts without rows write no file."""
    directory, made_by = _place(step, inputs, session)
    if done := read_manifest(session.store, directory):
        return done
    work_print = fingerprint([directory, identities(step)])
    work = part_work(step, inputs, session, work_print, "")
    entries = session.run(step.id, write_shard, [replace(w, directory=directory) for w in work])
    merged = summary.merge([e.counts.pop("summary") for e in entries])
    facts = {
        **made_by,
        "phase": step.phase,
        "composition": summary.with_documents(merged, [group for m in inputs for group in m.facts["documents"]]),
        "formats": _formats(step, entries),
        "files": _indexes(step, entries, session, directory),
    }
    counts = total([e.counts for e in entries])
    ids = identities(step)
    manifest = Manifest(step.label, work_print, directory, ids, [m.directory for m in inputs], entries, counts, facts)
    if session.card is not None:
        for name, text in session.card(step, manifest).items():
            session.store.put(f"{directory}/{name}", text.encode())
    manifest.write(session.store)
    return manifest


def _place(step: Step, inputs: Sequence[Manifest], session: Session) -> tuple[str, dict[str, str]]:
    """The export's directory, and what made it: a build of a recipe, or nothing but its inputs and settings."""
    if session.recipe is None:
        made_of = fingerprint([identities(step), [m.fingerprint for m in inputs]])
        return f"exports/{step.label}/{made_of}", {}
    build = build_id_of(session.store, session.recipe, inputs)
    facts = {"build_id": build, "recipe": session.recipe_print}
    return f"exports/{session.recipe.corpus}/{build}/{step.phase}", facts


def _formats(step: Step, entries: Sequence[Entry]) -> dict[str, dict[str, int]]:
    """What each format holds in all, as its files count it."""
    sums: dict[str, Counter[str]] = {kind_of(stage): Counter() for stage, _ in step.bound}
    for one in entries:
        for name, counts in one.counts["formats"].items():
            sums[name].update(counts)
    return {name: dict(sorted(counts.items())) for name, counts in sums.items()}


def _indexes(step: Step, entries: Sequence[Entry], session: Session, directory: str) -> dict[str, dict[str, Any]]:
    """Writes what formats want beside their parts; path, size and hash of each."""
    files: dict[str, dict[str, Any]] = {}
    for stage, config in step.bound:
        first, name = names_of(stage)[0], kind_of(stage)
        parts = [_written(one, first, name) for one in entries if first in one.files]
        for path, data in format_of(stage).index(parts, config, _context(stage, config)).items():
            session.store.put(f"{directory}/{name}/{path}", data)
            files[f"{name}/{path}"] = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    return files


def _context(stage: Stage, config: StageConfig) -> Context:
    return Context(stage.load(config) if stage.load else None)


def _written(one: Entry, kind: str, name: str) -> Written:
    file: File = one.files[kind]
    return Written(file.path.removeprefix(f"{name}/"), file.bytes, file.sha256, one.counts["formats"][name])
