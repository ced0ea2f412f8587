"""Finds a stage by its name. A room lists its modules in `MODULES`; each module holds its `STAGE`."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module

from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Stage

ROOMS = ("sources", "normalize", "dedup", "filters", "synthetic", "mix", "export")


@cache
def names() -> tuple[str, ...]:
    """Every registered stage name, in room order."""
    return tuple(f"{room}.{module}" for room in ROOMS for module in import_module(f"curation_lib.{room}").MODULES)


def find(name: str) -> Stage:
    """The stage called `name`; ConfigError names the nearest ones."""
    room, _, module = name.partition(".")
    if room not in ROOMS or module not in import_module(f"curation_lib.{room}").MODULES:
        near = get_close_matches(name, names(), 3, 0.4)
        raise ConfigError(f"no stage {name!r}; nearest: {', '.join(near) or 'none'} (`winnow stages` lists all)")
    stage: Stage = import_module(f"curation_lib.{name}").STAGE
    if stage.name != name:
        raise ConfigError(f"module curation_lib.{name} holds a stage named {stage.name!r}")
    return stage
