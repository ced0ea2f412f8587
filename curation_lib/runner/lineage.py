"""What a dataset was made of: manifests upward to the sources, and the name of the build they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation_lib.core.errors import StoreError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.recipe import Recipe, recipe_fingerprint
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.store import Store


def ancestors(store: Store, manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """`manifests` and everything that they were made of, nearest first, each once."""
    queue, seen = list(manifests), {m.directory for m in manifests}
    while queue:
        manifest = queue.pop(0)
        yield manifest
        for directory in manifest.inputs:
            if directory not in seen:
                seen.add(directory)
                queue.append(complete(store, directory))


def complete(store: Store, directory: str) -> Manifest:
    """The manifest at `directory`; StoreError where there is none."""
    manifest = read_manifest(store, directory)
    if manifest is None:
        raise StoreError(f"{store.address(directory)} has no manifest; build the step before it first")
    return manifest


def build_id_of(store: Store, recipe: Recipe, manifests: Sequence[Manifest]) -> str:
    """16 hex digits: the recipe and the source manifests that `manifests` go back to."""
    sources = sorted(m.fingerprint for m in ancestors(store, manifests) if not m.inputs)
    return fingerprint([recipe_fingerprint(recipe), sources])[:16]
