"""A dataset with all its books as a folder of the user's."""

from __future__ import annotations

import os
from collections.abc import Sequence

from curation_lib.core.errors import ConfigError
from curation_lib.core.places import reached
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest, manifest_of
from curation_lib.runner.store import Store

_BOOKS = {"drops": "ledger", "edits": "ledger", "edges": "ledger", "quarantine": "quarantine"}
_BESIDE = ("manifest.json", "run.json", "scores", *_BOOKS.values())


def published(url: str, remedy: str) -> tuple[Store, Manifest | None]:
    """The folder at `url`, and the manifest of what `publish` wrote there, None where there is none.

    Raises ConfigError, `remedy` in it, where the folder has a manifest of another kind.
    """
    folder = Store(url if "://" in url else os.path.abspath(os.path.expanduser(url)))
    try:
        data = folder.find_json("manifest.json")
        return folder, None if data is None else manifest_of(data)
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise ConfigError(f"{url}/manifest.json is not a dataset's; {remedy}") from e


def check_output(output: str) -> None:
    """ConfigError where the folder `output` cannot be written, because it belongs to something else."""
    published(output, "name another folder for --output")


def publish(store: Store, directories: Sequence[str], upstream: Sequence[Manifest], output: str) -> None:
    """Copy the last dataset to `output`, with the books of those before it and of what was read; the manifest last.
    A dataset that lies there goes first, and nothing else."""
    place, old = published(output, "name another folder for --output")
    fs = place.fs
    for name in _written(old) if old else ():
        if fs.exists(place.path(name)):
            fs.rm(place.path(name), recursive=True)
    *before, last = (complete(store, directory) for directory in directories)
    files = {key: key.removeprefix(f"{last.directory}/") for key in store.list(last.directory)}
    for name, scores in (pair for m in (*before, last) for pair in m.facts.get("scores", {}).items()):
        files |= {key: f"scores/{name}/{key.rsplit('/', 1)[1]}" for key in store.list(scores)}
    read = {f"input-{n}": m for n, m in enumerate(m for m in upstream if m.label != "input")}
    for prefix, manifest in (read | {f"step-{n}-{m.label}": m for n, m in enumerate(before)}).items():
        for kind, folder in _BOOKS.items():
            files |= {key: f"{folder}/{prefix}-{key.rsplit('/', 1)[1]}" for key in manifest.files(kind)}
    with reached(output, "--output: cannot write"):
        for key, name in sorted(files.items(), key=lambda item: item[1] == "manifest.json"):
            target = place.path(name)
            fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            if store.is_local:
                fs.put_file(store.path(key), target)
            else:  # beside it, in the same place
                fs.cp_file(store.path(key), target)


def _written(manifest: Manifest) -> list[str]:
    """Files and folders that a dataset consists of, the manifest first: without it there is no dataset."""
    paths = (file.path for entry in manifest.shards for file in entry.files.values())
    return list(dict.fromkeys([*_BESIDE, *(path.partition("/")[0] for path in paths)]))
