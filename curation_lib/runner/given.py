"""Files given instead of a recipe's sources: read as they stand, by the source that their names call for."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.places import find, reached
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Bound
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import File, Manifest, read_manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.publish import published
from curation_lib.runner.session import Session
from curation_lib.runner.steps import run_step
from curation_lib.runner.store import BLOCK, Store

_WILD = re.compile(r"[*?\[]")
AS_IS = {"clean": False, "identify_language": False}
_KINDS = {
    "sources.jsonl": (".jsonl", ".json", ".ndjson"),
    "sources.parquet": (".parquet", ".pq"),
    "sources.warc": (".warc", ".wet.", ".wat.", ".arc"),
}


def read_inputs(inputs: Sequence[str], session: Session) -> list[Manifest]:
    """Files, folders, globs, URLs or datasets as datasets of documents in the session's store, taken as they stand.
    What is there is not made again."""
    return [_read(path, session) for path in _grouped(inputs)]


def source_of(kind: str, inputs: Sequence[str], settings: Mapping[str, Any]) -> Bound:
    """The source called `kind` over the files `inputs`."""
    return configured(kind, {"source": "input", "paths": list(inputs), **settings}, kind)


def _grouped(inputs: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Inputs by the source that reads them, `dataset` for a folder with a manifest."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in inputs:
        groups[_source_for(path)].append(path)
    return [(kind, [p]) for kind, paths in groups.items() for p in paths if kind == "dataset"] + [
        (kind, paths) for kind, paths in groups.items() if kind != "dataset"
    ]


def _source_for(path: str) -> str:
    """`dataset`, or the source of the files at `path`. Raises ConfigError for a folder that asks for more than one."""
    if _is_dataset(path):
        return "dataset"
    found = {kind: name for name in reversed(_names(path)) if (kind := _kind(Path(name).name.lower()))}
    if len(found) > 1:
        raise ConfigError(
            f"--input {path}: files of several kinds, {', '.join(sorted(found.values()))}; give a glob of one of them"
        )
    return next(iter(found), "sources.warc")


def _names(path: str) -> list[str]:
    """The names that tell the kind: of the files in a folder, else the path itself."""
    if "://" in path and not _names_files(path):
        return find(path).files
    return [path] if not os.path.isdir(path) else [str(p) for p in sorted(Path(path).rglob("*")) if p.is_file()]


def _names_files(url: str) -> bool:
    return bool(_WILD.search(url) or _kind(url.rstrip("/").rpartition("/")[2].lower()))


def _is_dataset(path: str) -> bool:
    """Whether a folder or a URL holds a manifest; a URL that names files is not asked."""
    if "://" not in path:
        return os.path.isfile(os.path.join(path, "manifest.json"))
    return not _names_files(path) and Store(path).exists("manifest.json")


def _kind(name: str) -> str | None:
    return next((kind for kind, parts in _KINDS.items() if any(part in name for part in parts)), None)


def one_kind(inputs: Sequence[str]) -> tuple[str, list[str]]:
    """The source that reads all `inputs`, and their files. Raises ConfigError where there is no one."""
    groups = _grouped(inputs)
    if len(groups) != 1 or groups[0][0] == "dataset":
        raise ConfigError("--input: a normalizer takes files of one kind (WARC, JSONL or Parquet)")
    return groups[0]


def _read(group: tuple[str, list[str]], session: Session) -> Manifest:
    kind, paths = group
    if kind == "dataset":
        return _adopted(paths[0], session.store)
    chain = (source_of(kind, paths, {}), configured("normalize.plain", AS_IS, kind))
    if kind == "sources.warc":
        chain = (chain[0], configured("normalize.html", {}, kind))
    step = Step(f"read {kind}", "ingest", kind, chain)
    done = run_step(step, [], session, allow_empty=True)
    return complete(session.store, done.directory)


def _adopted(path: str, store: Store) -> Manifest:
    """A dataset as an input: as it lies where it is of this store, else copied into it, under its own fingerprint."""
    folder, manifest = published(path, "give the files in it, or a glob")
    if manifest is None:
        raise StoreError(f"{path}/manifest.json is there no more; write the dataset again")
    if folder.url == store.address(manifest.directory):
        return manifest
    directory = f"datasets/input/{manifest.fingerprint}"
    if done := read_manifest(store, directory):
        return done
    for entry in manifest.shards:
        for file in entry.files.values():
            _copy(file, folder, store, directory)
    adopted = replace(manifest, directory=directory, inputs=[])
    adopted.write(store)
    return adopted


def _copy(file: File, folder: Store, store: Store, directory: str) -> None:
    """A dataset's file into `directory` of the store. Raises StoreError where it is not what the manifest says."""
    place = folder.address(file.path)
    with reached(place, "cannot read"):
        given = folder.open(file.path)
    with given, store.writing(f"{directory}/{file.path}") as to:
        shutil.copyfileobj(given, to.file, BLOCK)
    if to.sha256 != file.sha256:
        raise StoreError(f"{place} is not the file of its manifest.json; write the dataset again")
