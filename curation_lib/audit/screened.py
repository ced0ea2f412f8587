"""Where a decontamination step left its scores, its books and the texts that it judged: in a build, or in a folder."""

from __future__ import annotations

from typing import Any, NamedTuple

from curation_lib.audit.builds import Step
from curation_lib.filters.decontaminate import STAGE
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store

Report = dict[str, Any]


class Screened(NamedTuple):
    """A step that was decontaminated: its settings, what its model was, the keys of its scores and books, and of the
    parts that hold texts. by_fate: only documents that it kept as they were have theirs there."""

    step: str
    settings: Report
    facts: Report
    scores: list[str]
    edits: list[str]
    drops: list[str]
    texts: list[str]
    by_fate: bool = False


def of_build(step: Step, store: Store) -> Screened:
    """The step of a build in `store`: the texts are those of its input."""
    manifest = step.manifest
    directory = manifest.facts["scores"][STAGE.name]
    scores = [f"{directory}/part-{n:05d}.parquet" for n in range(len(manifest.shards))]
    texts = [key for d in manifest.inputs for key in complete(store, d).parts()]
    return Screened(step.id, *_told(manifest), scores, manifest.files("edits"), manifest.files("drops"), texts)


def of_folder(manifest: Manifest, scores: list[str]) -> Screened:
    """The step that `winnow stage` wrote to a folder: the texts are those of its output."""
    edits, drops, parts = (
        [entry.files[kind].path for entry in manifest.shards if kind in entry.files]
        for kind in ("edits", "drops", "part")
    )
    return Screened(manifest.label, *_told(manifest), scores, edits, drops, parts, by_fate=True)


def _told(manifest: Manifest) -> tuple[Report, Report]:
    settings = next(s["config"] for s in manifest.stages if s["stage"] == STAGE.name)
    return settings, manifest.facts["models"][STAGE.name]
