"""A recipe: one YAML file that says what a corpus is. Parsed once, checked whole, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.phase_benchmarks import with_benchmarks
from curation_lib.core.registry import find, names
from curation_lib.core.secret import SECRET
from curation_lib.core.stage import Filter, Group, Map, Source, Stage
from curation_lib.core.weights_files import with_weights
from curation_lib.core.yaml_files import load_yaml

Phase = Literal["pretrain", "midtrain", "posttrain"]
MIX = "mix.sample"
"""The stage that makes every phase's mix."""
NAME = r"^[a-z0-9][a-z0-9_-]*$"
"""How a corpus, a source or a model that a recipe describes may be called."""


class Section(BaseModel):
    """A part of a recipe: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licenses(Section):
    """Which licences may leave the house: SPDX ids or globs; documents without one only where `unknown` says."""

    allow: list[str] = Field(min_length=1)
    unknown: bool = False


class Formats(Section):
    """File formats of a phase: `export.<name>` each; how formats of token ids make sequences (`export.samples`)."""

    formats: list[str] = Field(default=["parquet", "jsonl"], min_length=1)
    packing: str | None = None
    sequence_length: int | None = None


class Export(Formats):
    """What is written of every phase, unless `phases` says otherwise of one; settings of `mix.shuffle`, which gives the
    order of documents."""

    phases: dict[Phase, Formats] = {}
    shuffle: dict[str, Any] = {}


class Schedule(Section):
    """How Airflow runs the build; nothing here shapes a byte of output."""

    schedule: str | None = None
    owner: str = "curation"
    tags: list[str] = []
    retries: int = Field(default=1, ge=0)
    retry_delay_seconds: int = Field(default=10, ge=0)


class Recipe(Section):
    """See the annotated recipe in the README. Stages and sources stay as written here; `stages_of` types them."""

    corpus: str = Field(pattern=NAME)
    description: str = ""
    sources: dict[str, dict[str, Any]] = Field(min_length=1)
    stages: list[str | dict[str, dict[str, Any] | None]] = []
    licenses: Licenses
    mixes: dict[Phase, dict[str, Any]] = Field(min_length=1)
    export: Export = Export()
    gates: dict[str, list[dict[str, Any]]] = {}
    airflow: Schedule = Schedule()

    @field_validator("sources")
    @classmethod
    def _named(cls, sources: dict[str, Any]) -> dict[str, Any]:
        for name in sources:
            if not re.match(NAME, name):
                raise ValueError(f"source {name!r}: use lower-case letters, digits, - and _")
        return sources


def load_recipe(path: str | Path, environment: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a YAML file, `${NAME}` and `${NAME:-default}` replaced from the environment.

    Raises ConfigError, naming file, key and remedy.
    """
    return parse_recipe(load_yaml(path, "recipe", environment), str(path))


def parse_recipe(data: Any, where: str = "recipe") -> Recipe:
    """A checked recipe from plain data; ConfigError names the first wrong key."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: a recipe is a mapping with the keys {', '.join(Recipe.model_fields)}")
    if "mixes" in data:
        data = {**data, "mixes": with_weights(data["mixes"])}
    recipe: Recipe = validated(Recipe, data, where)
    return recipe


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


def recipe_identity(recipe: Recipe) -> dict[str, Any]:
    """What of a recipe shapes outputs or gates: all but its Airflow section, description and where things lie."""
    data = recipe.model_dump(mode="json", exclude={"airflow", "description"})
    data["sources"] = {n: {k: v for k, v in s.items() if k != "paths"} for n, s in data["sources"].items()}
    data["stages"], data["mixes"] = _without_places(data["stages"]), _without_places(data["mixes"])
    return data


def _without_places(item: Any) -> Any:
    """A stage as written, without where files lie and servers are, and how fast those are asked."""
    if isinstance(item, list):
        return [_without_places(one) for one in item]
    if not isinstance(item, dict):
        return item
    return {k: _without_places(v) for k, v in item.items() if k not in _PLACES}


_PLACES = (
    *("against", "paths"),
    *("endpoint", "api_key_env", "concurrency", "requests_per_minute", "tokens_per_minute"),  # of synthetic.generate
)


def recipe_fingerprint(recipe: Recipe) -> str:
    """The fingerprint of `recipe_identity`."""
    return fingerprint(recipe_identity(recipe))


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


def validated(model: Any, data: dict[str, Any], where: str) -> Any:
    """`data` as a pydantic `model`; ConfigError, naming `where` and the key, where it does not fit."""
    try:
        return model.model_validate(data)
    except ValidationError as e:
        # A misspelt key is both unknown and missing; the unknown one says what to correct.
        first = next((x for x in e.errors() if x["type"] == "extra_forbidden"), e.errors()[0])
        key = ".".join(str(part) for part in first["loc"]) or "(whole)"
        hint = ""
        if first["type"] == "extra_forbidden":
            key_list = ", ".join(model.model_fields)
            hint = f"; known keys: {key_list}" if len(first["loc"]) == 1 else ""
            raise ConfigError(f"{where}: unknown key {key!r}{hint}") from e
        if first["type"] == SECRET:
            raise ConfigError(f"{where}: key {key!r}: {first['msg']}") from None
        raise ConfigError(f"{where}: key {key!r}: {first['msg']} (found {first.get('input')!r})") from e
