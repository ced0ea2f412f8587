"""Settings as they are written on a command line: `key=value`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.core.errors import ConfigError


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`key=value` pairs; values are YAML, dots nest."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {pair!r}: write key=value")
        place = settings
        *nested, last = key.split(".")
        for name in nested:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise ConfigError(f"--set {pair!r}: {name} has the value {place!r} already; give one of the two")
        place[last] = parse_value(value, f"--set {pair!r}")
    return settings


def parse_value(text: str, where: str) -> Any:
    """A value as YAML reads it. Raises ConfigError, naming `where`."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise ConfigError(f"{where}: the value is not YAML") from e
