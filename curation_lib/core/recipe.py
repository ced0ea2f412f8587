"""A recipe: one YAML file that says what a corpus is. Parsed once, checked whole, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.secret import SECRET
from curation_lib.core.weights_files import with_weights
from curation_lib.core.yaml_files import load_yaml

Phase = Literal["pretrain", "midtrain", "posttrain"]
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
