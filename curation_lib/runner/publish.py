"""A dataset with all its books as a folder of the user's."""

from __future__ import annotations

from collections.abc import Sequence

import fsspec

from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.store import Store

_BOOKS = {"drops": "ledger", "edits": "ledger", "edges": "ledger", "quarantine": "quarantine"}


def publish(store: Store, directories: Sequence[str], upstream: Sequence[Manifest], output: str) -> None:
    """Copy the last dataset to `output`, with the books of those before it and of what was read; the manifest last."""
    fs, root = fsspec.core.url_to_fs(output)
    if fs.exists(f"{root}/manifest.json"):
        fs.rm(root, recursive=True)
    *before, last = (complete(store, directory) for directory in directories)
    files = {key: key.removeprefix(f"{last.directory}/") for key in store.list(last.directory)}
    for name, scores in (pair for m in (*before, last) for pair in m.facts.get("scores", {}).items()):
        files |= {key: f"scores/{name}/{key.rsplit('/', 1)[1]}" for key in store.list(scores)}
    read = {f"input-{n}": m for n, m in enumerate(m for m in upstream if m.label != "input")}
    for prefix, manifest in (read | {f"step-{n}-{m.label}": m for n, m in enumerate(before)}).items():
        for kind, folder in _BOOKS.items():
            files |= {key: f"{folder}/{prefix}-{key.rsplit('/', 1)[1]}" for key in manifest.files(kind)}
    for key, name in sorted(files.items(), key=lambda item: item[1] == "manifest.json"):
        target = f"{root}/{name}"
        fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        fs.put_file(store.path(key), target)
