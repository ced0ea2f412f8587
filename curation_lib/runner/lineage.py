"""What a dataset was made of: manifests upward to the sources, and the name of the build they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curation_lib.core.errors import StoreError
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.recipe import Recipe, recipe_fingerprint
from curation_lib.core.recipe_stages import MIX, exports_of, mixes_of
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.store import Store


def ancestors(store: Store, manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """`manifests` and everything that they were made of, nearest first, each once.

    Releases that documents were only compared with are no part of it: `released_in` gives those.
    """
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


def released_in(manifests: Iterable[Manifest]) -> list[dict[str, Any]]:
    """What the manifests say of the releases that they were compared with."""
    return [fact for manifest in manifests for fact in manifest.facts.get("released", ())]


def build_id_of(store: Store, recipe: Recipe, manifests: Sequence[Manifest]) -> str:
    """16 hex digits: the recipe, the source manifests that `manifests` go back to, and releases, models and code since.

    The same for every phase, and for the datasets before an export as for the export itself.
    """
    made_of = list(ancestors(store, manifests))
    sources = sorted(m.fingerprint for m in made_of if not m.inputs)
    released = sorted({fact["fingerprint"] for fact in released_in(made_of)})
    later = [stage for m in made_of if m.inputs for stage in m.stages if stage["stage"] != MIX]  # not one phase's alone
    later += [stage_identity(*bound) for bound in mixes_of(recipe).values()]  # a source's are in its fingerprint
    later += _exports(recipe)
    models = sorted({fingerprint(stage["models"]) for stage in later if stage["models"]})
    code = sorted({_code(stage) for stage in later})
    more = [found for found in (released, models) if found]
    return fingerprint([recipe_fingerprint(recipe), sources, *more, code])[:16]


def _code(stage: Mapping[str, Any]) -> str:
    """What of a stage's identity another release of Winnow or of a library changes."""
    return fingerprint({name: value for name, value in stage.items() if name not in ("config", "models")})


def _exports(recipe: Recipe) -> list[dict[str, Any]]:
    return [stage_identity(*bound) for phase in recipe.mixes for bound in exports_of(recipe, phase)]
