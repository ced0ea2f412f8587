"""Reads a YAML file of settings: each key once, variables of the environment filled in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from curation_lib.core.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def load_yaml(path: str | Path, what: str, environment: Mapping[str, str] | None = None) -> Any:
    """What the YAML file at `path`, a `what`, holds, `${NAME}` and `${NAME:-default}` replaced from the environment.

    Raises ConfigError, naming file and remedy, for a file that cannot be read, is not YAML, or names a variable that
    is not set.
    """
    try:
        text = Path(path).read_text()
    except OSError as e:
        raise ConfigError(f"cannot read {what} {path}: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"cannot read {what} {path}: it is not UTF-8") from e
    try:
        data = yaml.load(text, _Loader)
    except yaml.YAMLError as e:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(e).split())}") from e
    return _substituted(data, os.environ if environment is None else environment, str(path))


class _Loader(yaml.SafeLoader):
    """YAML whose mappings name every key once: a second one would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := [name for name in names if names.count(name) > 1]:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice[0]!r} stands twice; give each once", node.start_mark
            )
        return super().construct_mapping(node, deep)


def _substituted(value: Any, environment: Mapping[str, str], where: str) -> Any:
    if isinstance(value, dict):
        return {k: _substituted(v, environment, where) for k, v in value.items()}
    if isinstance(value, list):
        return [_substituted(v, environment, where) for v in value]
    return _VARIABLE.sub(lambda m: _variable(m, environment, where), value) if isinstance(value, str) else value


def _variable(match: re.Match[str], environment: Mapping[str, str], where: str) -> str:
    name, default = match.group(1), match.group(2)
    found = environment.get(name, default)
    if found is None:
        raise ConfigError(f"{where}: ${{{name}}} is not set; export {name}=… or write ${{{name}:-default}}")
    return found
