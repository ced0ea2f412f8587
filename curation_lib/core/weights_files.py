"""Weights of a mix that stand in a file of their own, for instance because an optimiser wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from curation_lib.core.artefact import CURRENT
from curation_lib.core.errors import ConfigError
from curation_lib.core.places import find, on_disk
from curation_lib.core.yaml_files import load_yaml

KEY, FROM = "weights_file", "weights_from"
WEIGHTS, REPORT = "weights.yaml", "report.json"
"""A mixture's files in its folder, `<store>/mixtures/<name>/<fingerprint>`."""


class WeightsFrom(BaseModel):
    """Where a mix's weights came from: a file by its name; where that is a mixture of a store, which one, and of its
    report the experiment, what it came to, and the folder of its page in that store. Places that differ from machine to
    machine are no part of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    file: str
    mixture: str = ""
    fingerprint: str = ""
    experiment: str = ""
    sentence: str = ""
    directory: str = ""

    def words(self) -> str:
        """Which weights these are, and what is said of them."""
        name = f"mixture {self.mixture}, version {self.fingerprint}" if self.mixture else f"the file {self.file}"
        found = f", found by {self.experiment}" if self.experiment else ""
        return f"{name}{found}{f': {self.sentence}' if self.sentence else ''}"


def with_weights(mixes: Any) -> Any:
    """A recipe's mixes with the content of each `weights_file` (YAML or JSON: a list of weights, or a mapping that has
    it as `weights`; any path or URL; of `<store>/mixtures/<name>` the one that is current) in place of its name: what
    the recipe says is then what is built. `weights_from` beside it says where they came from (WeightsFrom).

    Raises ConfigError, naming the phase and the remedy, where a file does not hold such a list or weights stand in both
    places; StoreError where it cannot be reached.
    """
    if not isinstance(mixes, dict):
        return mixes
    return {phase: _filled_in(mix, f"mixes.{phase}") for phase, mix in mixes.items()}


def _filled_in(mix: Any, where: str) -> Any:
    if isinstance(mix, dict) and FROM in mix:
        raise ConfigError(f"{where}: {FROM} is not for recipes: it says which {KEY} was read; write that, or weights")
    if not isinstance(mix, dict) or KEY not in mix:
        return mix
    if "weights" in mix:
        raise ConfigError(f"{where}: weights stand in the recipe and in {KEY}: leave one of them out")
    rest = {name: value for name, value in mix.items() if name != KEY}
    path = _current(str(mix[KEY]), where)
    found = _loaded(path, where)
    told = found if isinstance(found, Mapping) else {"weights": found}
    came_from = _of_mixture(path, where) or WeightsFrom(file=path.rpartition("/")[2], sentence=told.get("verdict", ""))
    return {**rest, "weights": _listed(told, path, where), FROM: came_from.model_dump(exclude_defaults=True)}


def _loaded(path: str, where: str) -> Any:
    with on_disk(path, f"{where}: {KEY}: ") as local:
        return load_yaml(local, f"{where}: {KEY}", {})


def _listed(found: Mapping[str, Any], path: str, where: str) -> list[Any]:
    listed = found.get("weights")
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            f"{where}: {KEY}: {path} holds no list of weights; write `- {{source: web, weight: 2}}` lines"
        )
    return listed


def _of_mixture(path: str, where: str) -> WeightsFrom | None:
    """What the report beside the weights says, where they are a mixture's."""
    *_, name, fingerprint, file = ["", "", *path.split("/")]
    report = f"{path.removesuffix(file)}{REPORT}"
    if file != WEIGHTS or not name or path.startswith("http") or not find(report, f"{where}: {KEY}: ").files:
        return None
    return WeightsFrom.model_validate(
        {**_loaded(report, where), "file": file, "mixture": name, "fingerprint": fingerprint}
    )


def _current(path: str, where: str) -> str:
    """The file itself; of a mixture's folder, the current weights."""
    if path.endswith((".yaml", ".yml", ".json")) or path.startswith("http"):
        return path
    folder = path.rstrip("/")
    if not find(f"{folder}/{CURRENT}", f"{where}: {KEY}: ").files:
        return path
    found = _loaded(f"{folder}/{CURRENT}", where)
    if not isinstance(found, Mapping) or "fingerprint" not in found:
        raise ConfigError(f"{where}: {KEY}: {folder}/{CURRENT} names no fingerprint; choose a mixture again")
    return f"{folder}/{found['fingerprint']}/{WEIGHTS}"
