"""The builds that a store holds, and what each was made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError
from curation_lib.runner.ahead import ahead
from curation_lib.runner.lineage import ancestors, complete, released_in
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.publish import published
from curation_lib.runner.store import Store


@dataclass(frozen=True)
class Step:
    """One step of a finished build with its dataset."""

    id: str
    kind: str
    manifest: Manifest


@dataclass(frozen=True)
class BuildRecord:
    """builds/<corpus>/<build_id>.json."""

    corpus: str
    build_id: str
    data: dict[str, Any]

    @property
    def key(self) -> str:
        return f"builds/{self.corpus}/{self.build_id}.json"

    def steps(self, store: Store) -> list[Step]:
        """The build's steps in order, without those that were off in builds of early versions."""
        ran = [s for s in self.data["steps"] if s["kind"] != "off"]
        manifests = ahead(lambda s: complete(store, s["directory"]), ran)
        return [Step(s["step"], s["kind"], manifest) for s, manifest in zip(ran, manifests, strict=True)]


class Export(NamedTuple):
    """A phase of a build, as it was exported."""

    corpus: str
    build: str
    phase: str


_EXPORT = re.compile(r"exports/([^/]+)/([^/]+)/(pretrain|midtrain|posttrain)(?:/|$)")


def exports_at(paths: Iterable[str]) -> list[Export]:
    """The exports that paths or URLs lead to, each once, sorted; whichever store they are of."""
    return sorted({Export(*found.groups()) for path in paths if (found := _EXPORT.search(path))})


def list_builds(store: Store) -> list[BuildRecord]:
    """Every finished build, by corpus and id."""
    keys = [key for key in store.list("builds") if key.endswith(".json")]
    records = [store.read_json(key) for key in keys]
    return [BuildRecord(r["corpus"], r["build_id"], r) for r in records]


def find_build(store: Store, build_id: str) -> BuildRecord:
    """The build whose id starts with `build_id`; ConfigError names the builds there are."""
    found = list_builds(store)
    matching = [b for b in found if b.build_id.startswith(build_id)]
    if len(matching) != 1:
        known = ", ".join(f"{b.corpus}/{b.build_id}" for b in found) or "none"
        raise ConfigError(f"no single build {build_id!r} in {store.url}; builds are {known}")
    return matching[0]


def newest(store: Store, build: str = "", corpus: str = "") -> list[BuildRecord]:
    """The build, or all finished ones (of one corpus), the newest first. Raises ConfigError where there is none."""
    if build:
        return [find_build(store, build)]
    found = [record for record in list_builds(store) if corpus in ("", record.corpus)]
    if not found:
        of = f" of {corpus!r}" if corpus else ""
        raise ConfigError(f"{store.url} holds no finished build{of}; run `winnow build` first")
    return sorted(found, key=lambda r: (store.modified(r.key), r.build_id), reverse=True)


def stage_folder(url: str) -> tuple[Store, Manifest] | None:
    """A folder that `winnow stage` wrote, with its manifest; None where `url` leads to no such folder."""
    folder, manifest = published(url, "give a folder that `winnow stage` wrote")
    return None if manifest is None else (folder, manifest)


def reachable(store: Store, records: list[BuildRecord]) -> set[str]:
    """Directories of every dataset, and of every score, that a build goes back to, and of the releases in this store
    that it was compared with (those alone: not what they were made of)."""
    used: set[str] = set()
    for record in records:
        manifests = [step.manifest for step in record.steps(store)]
        for manifest in ancestors(store, manifests):
            used.add(manifest.directory)
            used.update(manifest.facts.get("scores", {}).values())
            used.update(fact["directory"] for fact in released_in([manifest]) if "directory" in fact)
    return used
