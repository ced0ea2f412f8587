"""What a recipe asks for as stages: each with its checked settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.phase_benchmarks import with_benchmarks
from curation_lib.core.recipe import Formats, Recipe, validated
from curation_lib.core.registry import find, names
from curation_lib.core.stage import Filter, Group, Map, Source, Stage

MIX = "mix.sample"
"""The stage that makes every phase's mix."""


def configured(name: str, settings: Mapping[str, Any] | None, where: str) -> tuple[Stage, StageConfig]:
    """The stage called `name` with its checked settings."""
    stage = find(name)
    return stage, validated(stage.config, dict(settings or {}), f"{where}: {name}")


def of_phase(name: str, phase: str, settings: Mapping[str, Any], where: str) -> tuple[Stage, StageConfig]:
    """The stage called `name` with its checked settings for a phase, which no setting may change."""
    if "phase" in settings:
        raise ConfigError(f"{where}: key 'phase': the phase is the name below mixes; leave it out")
    return configured(name, {"phase": phase, **settings}, where)


def sources_of(recipe: Recipe) -> dict[str, list[tuple[Stage, StageConfig]]]:
    """Each source's chain: the Source and the Maps fused behind it."""
    chains = {}
    for name, written in recipe.sources.items():
        where = f"sources.{name}"
        settings = dict(written)
        kind = _required(settings, "stage", where)
        then = settings.pop("normalize", None) or _default_normalizer(kind)
        chains[name] = [
            _expect(configured(kind, {"source": name, **settings}, where), Source, where),
            *(_expect(configured(n, s, f"{where}.normalize"), Map, where) for n, s in stage_list(then, where)),
        ]
    return chains


def stages_of(recipe: Recipe) -> list[tuple[Stage, StageConfig]]:
    """The recipe's stages in order, typed."""
    pairs = [pair for item in recipe.stages for pair in stage_list(item, "stages")]
    return [_expect(configured(n, s, "stages"), (Map, Filter, Group), "stages") for n, s in pairs]


def mixes_of(recipe: Recipe) -> dict[str, tuple[Stage, StageConfig]]:
    """Each phase's mix, typed; ConfigError where one that takes no benchmark items knows no benchmarks."""
    stages = stages_of(recipe)
    return {
        phase: of_phase(MIX, phase, with_benchmarks(phase, settings, stages), f"mixes.{phase}")
        for phase, settings in recipe.mixes.items()
    }


def exports_of(recipe: Recipe, phase: str) -> list[tuple[Stage, StageConfig]]:
    """The formats of one phase, typed; their tokens are those that its budget is in."""
    own = next((formats for name, formats in recipe.export.phases.items() if name == phase), None)
    where = "export" if own is None else f"export.phases.{phase}"
    chosen: Formats = recipe.export if own is None else own
    mix = mixes_of(recipe)[phase][1].model_dump()
    asked = {"phase": phase, "tokenizer": mix["tokenizer"], "chat_template": mix["chat_template"]}
    return formats_of(chosen, asked, where, f"{where}.formats")


def formats_of(chosen: Formats, asked: Mapping[str, Any], where: str, listed: str) -> list[tuple[Stage, StageConfig]]:
    """Formats, typed, with the settings `asked` of all. ConfigError names `where` they are set, or `listed`."""
    packing = {k: v for k in ("packing", "sequence_length") if (v := getattr(chosen, k)) is not None}
    if twice := [name for name in chosen.formats if chosen.formats.count(name) > 1]:
        raise ConfigError(f"{listed}: {twice[0]} stands twice")
    stages = {name: _format(name, listed) for name in chosen.formats}
    takes = {name for name, stage in stages.items() if "packing" in stage.config.model_fields}
    if packing and not takes:
        raise ConfigError(f"{where}: {next(iter(packing))} has no use with {', '.join(stages)}, which are not packed")
    return [configured(s.name, {**asked, **(packing if name in takes else {})}, where) for name, s in stages.items()]


def _format(name: str, listed: str) -> Stage:
    stages = {one.partition(".")[2]: one for one in names() if one.startswith("export.")}
    known = [short for short, one in stages.items() if isinstance(find(one), Map)]
    if name not in known:
        raise ConfigError(f"{listed}: no format {name!r}; formats are {', '.join(known)}")
    return find(stages[name])


def _default_normalizer(kind: str) -> str | dict[str, dict[str, bool]]:
    if kind == "sources.records":
        return {"normalize.plain": {"clean": False}}  # a text that is cleaned is no longer that of its record
    return "normalize.html" if kind == "sources.warc" else "normalize.plain"


def stage_list(item: Any, where: str) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Names and settings, as written, of one item of a recipe's stages or of a list of them."""
    if isinstance(item, str):
        return [(item, None)]
    if isinstance(item, list):
        return [pair for one in item for pair in stage_list(one, where)]
    if isinstance(item, dict) and "stage" in item:
        return [(str(item["stage"]), {k: v for k, v in item.items() if k != "stage"})]
    if isinstance(item, dict) and len(item) == 1:
        return list(item.items())
    raise ConfigError(f"{where}: write a stage as its name, or as `name: {{setting: value}}`; found {item!r}")


def _required(settings: dict[str, Any], key: str, where: str) -> str:
    if key not in settings:
        raise ConfigError(f"{where}: the key {key!r} is missing")
    return str(settings.pop(key))


def _expect(pair: tuple[Stage, StageConfig], shapes: Any, where: str) -> tuple[Stage, StageConfig]:
    if not isinstance(pair[0], shapes):
        raise ConfigError(f"{where}: {pair[0].name} is a {type(pair[0]).__name__}, which has no place here")
    return pair
