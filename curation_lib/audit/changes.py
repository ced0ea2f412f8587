"""What `--set STAGE.FIELD=VALUE` asks of a recipe's filters: only settings that decide, never ones that measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Bound
from curation_lib.runner.plan import Step
from curation_lib.runner.settings import parse_value


@dataclass(frozen=True)
class Change:
    """One new setting. `stage` is its filter's place in the step's block."""

    step: str
    stage: int
    field: str
    value: Any


def parse_changes(pairs: Sequence[str], steps: Sequence[Step]) -> list[Change]:
    """The changes that `STAGE.FIELD=VALUE` name, VALUE in YAML; `STEP:STAGE.FIELD` where a stage stands in two steps.

    Raises ConfigError naming the key: for an unknown one with the nearest, for a field that shapes scores or a stage
    that is no filter with the remedy.
    """
    return [_parsed(pair, steps) for pair in pairs]


def changed(step: Step, changes: Sequence[Change]) -> tuple[Bound, ...]:
    """The step's filters with the new settings, checked as a recipe's are."""
    bound = list(step.bound)
    for change in changes:
        stage, config = bound[change.stage]
        bound[change.stage] = configured(stage.name, config.model_dump() | {change.field: change.value}, "--set")
    return tuple(bound)


def _parsed(pair: str, steps: Sequence[Step]) -> Change:
    key, equals, value = pair.partition("=")
    if not equals:
        raise ConfigError(f"--set {pair!r}: write STAGE.FIELD=VALUE")
    places = _places(steps)
    found = [place for names, place in places for name in names if name == key]
    if not found:
        _refuse(key, steps, [names[0] for names, _ in places])
    if len(found) > 1:
        longer = ", ".join(f"{step.id}:{key}" for step, _, _ in found)
        raise ConfigError(f"--set {key}: the stage stands in {len(found)} steps; write one of {longer}")
    step, number, field = found[0]
    config: type[StageConfig] = step.bound[number][0].config
    if config.role(field) != "keep":
        raise ConfigError(
            f"--set {key}: {field!r} shapes the scores, not the decision; set it in the recipe and rebuild"
        )
    return Change(step.id, number, field, parse_value(value, f"--set {pair!r}"))


def _places(steps: Sequence[Step]) -> list[tuple[tuple[str, str], tuple[Step, int, str]]]:
    """Both names of every setting of every filter, and where it stands."""
    return [
        ((f"{stage.name}.{field}", f"{step.id}:{stage.name}.{field}"), (step, number, field))
        for step in steps
        if step.kind == "filter"
        for number, (stage, _) in enumerate(step.bound)
        for field in stage.config.model_fields
    ]


def _refuse(key: str, steps: Sequence[Step], known: Sequence[str]) -> NoReturn:
    stage = key.rpartition(".")[0]
    if any(step.kind != "filter" and stage == one.name for step in steps for one, _ in step.bound):
        raise ConfigError(
            f"--set {key}: {stage} keeps no scores to decide from again; set it in the recipe and rebuild"
        )
    near = get_close_matches(key, known, 3, 0.4)
    raise ConfigError(f"--set {key}: no filter of the recipe has such a setting; nearest: {', '.join(near) or 'none'}")
