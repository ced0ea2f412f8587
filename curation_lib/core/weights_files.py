"""Weights of a mix that stand in a file of their own, for instance because an optimiser wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation_lib.core.artefact import CURRENT
from curation_lib.core.errors import ConfigError
from curation_lib.core.places import find, on_disk
from curation_lib.core.yaml_files import load_yaml

KEY = "weights_file"
WEIGHTS = "weights.yaml"
"""A mixture's file in its folder, `<store>/mixtures/<name>/<fingerprint>`."""


def with_weights(mixes: Any) -> Any:
    """A recipe's mixes with the content of each `weights_file` (YAML or JSON: a list of weights, or a mapping that has
    it as `weights`; any path or URL; of `<store>/mixtures/<name>` the one that is current) in place of its name: what
    the recipe says is then what is built.

    Raises ConfigError, naming the phase and the remedy, where a file does not hold such a list or weights stand in both
    places; StoreError where it cannot be reached.
    """
    if not isinstance(mixes, dict):
        return mixes
    return {phase: _filled_in(mix, f"mixes.{phase}") for phase, mix in mixes.items()}


def _filled_in(mix: Any, where: str) -> Any:
    if not isinstance(mix, dict) or KEY not in mix:
        return mix
    if "weights" in mix:
        raise ConfigError(f"{where}: weights stand in the recipe and in {KEY}: leave one of them out")
    rest = {name: value for name, value in mix.items() if name != KEY}
    return {**rest, "weights": _read(str(mix[KEY]), where)}


def _read(path: str, where: str) -> list[Any]:
    with on_disk(_current(path, where), f"{where}: {KEY}: ") as local:
        found = load_yaml(local, f"{where}: {KEY}", {})
    listed = found.get("weights") if isinstance(found, Mapping) else found
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            f"{where}: {KEY}: {path} holds no list of weights; write `- {{source: web, weight: 2}}` lines"
        )
    return listed


def _current(path: str, where: str) -> str:
    """The file itself; of a mixture's folder, the current weights."""
    if path.endswith((".yaml", ".yml", ".json")) or path.startswith("http"):
        return path
    folder = path.rstrip("/")
    if not find(f"{folder}/{CURRENT}", f"{where}: {KEY}: ").files:
        return path
    with on_disk(f"{folder}/{CURRENT}", f"{where}: {KEY}: ") as local:
        found = load_yaml(local, f"{where}: {KEY}", {})
    if not isinstance(found, Mapping) or "fingerprint" not in found:
        raise ConfigError(f"{where}: {KEY}: {folder}/{CURRENT} names no fingerprint; choose a mixture again")
    return f"{folder}/{found['fingerprint']}/{WEIGHTS}"
