"""Rules that a recipe says must fire: what is certain before any work starts, the gate need not find out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from curation_lib.contracts.expectations import Expectation
from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Bound, Filter


def check_rules(bound: Sequence[Bound], expectations: Sequence[Expectation], where: str) -> None:
    """Refuse a `must_fire` that names no stage of the step, a threshold that its filter has not, or one that is off.

    Other rules than thresholds are not known before they fire; the gate fails closed on a misspelt one. Raises
    ConfigError naming `where`, the rule and the nearest ones.
    """
    stages = {stage.name: (stage, config) for stage, config in bound}
    for rule in (name for e in expectations for name in e.must_fire or ()):
        stage, _, name = rule.rpartition(".")
        if stage not in stages:
            raise ConfigError(f"{where}: must_fire {rule!r} is no rule of the step's stages, {', '.join(stages)}")
        if isinstance(stages[stage][0], Filter):
            _check_threshold(rule, name, stages[stage][1], where)


def _check_threshold(rule: str, name: str, config: StageConfig, where: str) -> None:
    fields = type(config).model_fields
    if name in fields and getattr(config, name) is None:
        raise ConfigError(f"{where}: must_fire {rule!r} can never fire: {name} is null, which turns it off")
    if name not in fields and name.startswith(("min_", "max_")):
        near = ", ".join(get_close_matches(name, fields, 3, 0.4)) or "none"
        raise ConfigError(f"{where}: must_fire {rule!r}: there is no such threshold; nearest: {near}")
