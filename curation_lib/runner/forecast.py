"""What a build would do, without doing it."""

from __future__ import annotations

from collections.abc import Sequence

from curation_lib.core.recipe import Recipe
from curation_lib.core.stage import Source
from curation_lib.runner.lineage import build_id_of
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.released import made_from, releases_of
from curation_lib.runner.session import target
from curation_lib.runner.store import Store


def forecast(steps: Sequence[Step], recipe: Recipe, store: Store) -> list[dict[str, str]]:
    """One row per step: `step`, `state` (reused, runs) and `why`."""
    found: dict[str, Manifest | None] = {}
    rows = []
    for step in steps:
        if step.kind == "record":
            continue
        state, why, found[step.id] = _one(step, found, recipe, store)
        rows.append({"step": step.id, "state": state, "why": why})
    return rows


def _one(
    step: Step, found: dict[str, Manifest | None], recipe: Recipe, store: Store
) -> tuple[str, str, Manifest | None]:
    inputs = [found[id] for id in step.upstream]
    waiting = [id for id in step.upstream if found[id] is None]
    if waiting:
        return "runs", f"{waiting[0]} runs first", None
    known = [m for m in inputs if m is not None]
    directory = _directory(step, known, recipe, store)
    manifest = read_manifest(store, directory)
    if manifest is None:
        return "runs", f"nothing complete for these settings and inputs at {directory}", None
    return "reused", f"complete at {directory}", manifest


def _directory(step: Step, inputs: Sequence[Manifest], recipe: Recipe, store: Store) -> str:
    if step.kind == "ingest":
        source, config = step.bound[0]
        assert isinstance(source, Source)
        return target(step, [(s.name, s.sha256) for s in source.shards(config)]).directory
    if step.kind == "export":
        return f"exports/{recipe.corpus}/{build_id_of(store, recipe, inputs)}/{step.phase}"
    return target(step, made_from(inputs, releases_of(step))).directory
