"""Where mid- and post-training mixes have the benchmarks from that may not stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Bound

DECONTAMINATED = ("midtrain", "posttrain")
"""The phases that no benchmark item may enter."""
DECONTAMINATE = "filters.decontaminate"
LEAST = 8
"""Words of the shortest field of an item that is searched, unless a filter searches shorter ones."""


def with_benchmarks(phase: str, settings: Mapping[str, Any], stages: Sequence[Bound]) -> dict[str, Any]:
    """A mix's settings; without benchmarks of its own it has those of the recipe's `filters.decontaminate`.

    Raises ConfigError for a phase that needs some and has none.
    """
    if phase not in DECONTAMINATED or settings.get("benchmarks"):
        return dict(settings)
    filters: Sequence[Any] = [config for stage, config in stages if stage.name == DECONTAMINATE]
    bounded = [config for config in filters if config.max_contamination is not None]
    found = {one.name: one.model_dump(mode="json") for config in bounded for one in config.benchmarks}
    if not found:
        bound = f"; {DECONTAMINATE} in `stages` has max_contamination: null, which takes nothing out" if filters else ""
        raise ConfigError(
            f"mixes.{phase}: key 'benchmarks' is missing: what {phase} must not hold has to be known{bound}; put "
            f"{DECONTAMINATE} with benchmarks into `stages`, or write mixes.{phase}.benchmarks in the same form"
        )
    least = min([config.min_tokens for config in bounded if config.token == "word" and config.min_tokens] or [LEAST])
    return {"benchmarks": list(found.values()), "min_tokens": min(least, LEAST), **settings}
