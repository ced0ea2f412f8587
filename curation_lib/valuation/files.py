"""Experiments as YAML files, read and checked alike, whichever they are; reads no document, carries out nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Section, validated
from curation_lib.core.yaml_files import load_yaml

Experiment = TypeVar("Experiment", bound=Section)


def load_experiment(
    kind: type[Experiment], what: str, path: str | Path, environment: Mapping[str, str] | None = None
) -> Experiment:
    """The experiment in a YAML file, `${NAME}` and `${NAME:-default}` replaced from the environment. Reads no document.

    Raises ConfigError, in one line that names file, key and remedy.
    """
    data = load_yaml(path, what, environment)
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: a {what} is a mapping with the keys {', '.join(kind.model_fields)}")
    found: Experiment = validated(kind, data, str(path))
    return found
