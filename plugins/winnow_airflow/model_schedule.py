"""When models are trained: each by its own schedule, all of them when labels are added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import AssetOrTimeSchedule, MultipleCronTriggerTimetable

from curation_lib.core.errors import ConfigError
from curation_lib.runner.model_recipes import ModelRecipe
from winnow_airflow.assets import LABELS


def check_schedule(recipe: ModelRecipe) -> None:
    """ConfigError unless the recipe's schedule is a cron line, a preset or null."""
    from croniter import croniter

    schedule = recipe.airflow.schedule
    if schedule is not None and not croniter.is_valid(schedule):
        raise ConfigError(
            f"key 'airflow.schedule': {schedule!r} is no cron line; write five fields, such as '0 3 * * 1', "
            "@hourly, @daily, @weekly, @monthly, @yearly or null"
        )


def schedule_of(recipes: Sequence[ModelRecipe]) -> Any:
    """A DAG's schedule: whenever a model is due, in UTC, and whenever labels are added."""
    lines = sorted({one.airflow.schedule for one in recipes if one.airflow.schedule})
    if not lines:
        return [LABELS]
    return AssetOrTimeSchedule(timetable=MultipleCronTriggerTimetable(*lines, timezone="UTC"), assets=[LABELS])


def is_due(recipe: ModelRecipe, moment: datetime) -> bool:
    """Whether a run that was scheduled for `moment` is one of the recipe's own schedule."""
    from croniter import croniter

    return recipe.airflow.schedule is not None and croniter.match(recipe.airflow.schedule, moment.astimezone(UTC))
