"""The filters of a finished build with the settings it had, from its manifests and the recipe on its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from curation_lib.audit.builds import BuildRecord, Step
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.recipe import Recipe
from curation_lib.core.recipe_stages import configured, stage_list
from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Stage


class Built(NamedTuple):
    """A filter of a build: its entry in the manifest, its settings, or `why` it cannot judge here and now."""

    name: str
    entry: dict[str, Any]
    bound: Bound | None
    why: str = ""


def filters_of(record: BuildRecord, step: Step, recipe: Recipe | None = None) -> list[Built]:
    """The filters of a block, in order. `recipe` says where files lie that the build's record leaves out."""
    stages = [stage_list(item, "stages") for item in (recipe.stages if recipe else record.data["recipe"]["stages"])]
    written = [pair for pairs in stages for pair in pairs]
    return [_built(entry, written) for entry in step.manifest.stages]


def _built(entry: dict[str, Any], written: list[tuple[str, Mapping[str, Any] | None]]) -> Built:
    name = entry["stage"]
    stage = find(name)
    if stage.version != entry["version"]:
        versions = f"version {entry['version']} measured it, this is version {stage.version}"
        return Built(name, entry, None, f"{versions}: build the recipe again")
    mine = [dict(settings or {}) for other, settings in written if other == name]
    for settings in [*({**one, **deciding(stage, entry["config"])} for one in mine), entry["config"]]:
        bound = _configured(name, settings)
        if bound and _same(bound[1].only("output", "measure", "keep"), entry["config"]):
            return Built(name, entry, bound)
    return Built(name, entry, None, "the build does not say where its files lie: give --recipe")


def _configured(name: str, settings: Mapping[str, Any]) -> Bound | None:
    try:
        return configured(name, settings, "the build")
    except ConfigError:  # places that a record leaves out
        return None


def deciding(stage: Stage, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that decide: a recipe may have changed since."""
    fields = stage.config.model_fields
    return {k: v for k, v in config.items() if k in fields and stage.config.role(k) == "keep"}


def _same(one: Any, other: Any) -> bool:
    return fingerprint(one) == fingerprint(other)
