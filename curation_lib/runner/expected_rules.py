"""Rules that a recipe says must fire, or must not: what is certain before work starts, the gate need not find out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from curation_lib.contracts.expectations import Expectation
from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Bound, Filter


def check_rules(bound: Sequence[Bound], expectations: Sequence[Expectation], where: str) -> None:
    """Refuse a `must_fire` or `must_not_fire` that names no stage of the step, a threshold that its filter has not, or
    one that is off.

    Other rules than thresholds are not known before they fire; the gate fails closed on a misspelt one. Raises
    ConfigError naming `where`, the rule and the nearest ones.
    """
    stages = {stage.name: (stage, config) for stage, config in bound}
    asked_of = [("must_fire" if e.must_fire else "must_not_fire", rule) for e in expectations for rule in e.rules()]
    for asked, rule in asked_of:
        stage, _, name = rule.rpartition(".")
        if stage not in stages:
            raise ConfigError(f"{where}: {asked} {rule!r} is no rule of the step's stages, {', '.join(stages)}")
        if isinstance(stages[stage][0], Filter):
            _check_threshold(f"{asked} {rule!r}", name, stages[stage][1], where)


def _check_threshold(asked: str, name: str, config: StageConfig, where: str) -> None:
    fields = type(config).model_fields
    if name in fields and getattr(config, name) is None:
        raise ConfigError(f"{where}: {asked} can never fire: {name} is null, which turns it off")
    if name not in fields and name.startswith(("min_", "max_")):
        near = ", ".join(get_close_matches(name, fields, 3, 0.4)) or "none"
        raise ConfigError(f"{where}: {asked}: there is no such threshold; nearest: {near}")
