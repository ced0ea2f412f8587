"""What the arms of a valuation answered: accuracies beside the verdict, which they do not touch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from scipy import stats

from curation_lib.valuation.arms import Arm
from curation_lib.valuation.effects import ROUNDING, degrees, judged
from curation_lib.valuation.harness import accuracy
from curation_lib.valuation.resampled import Floats
from curation_lib.valuation.runs import Answers

Answered: TypeAlias = Mapping[Arm, Sequence[Mapping[str, Answers]]]
"""Every arm's seeds, by task."""
_TOLD = ("value", "error", "df", "low", "high")


def benchmarks(answered: Answered, trunk: Mapping[str, Answers], alpha: float) -> list[dict[str, Any]]:
    """A row per task, JSON-ready: its metric, items, chance and the trunk's accuracy; each arm's accuracies by seed,
    their mean and standard deviation, and the difference to the control. answers: whether some arm is above chance, at
    a one-sided alpha over all arms, by its items alone: all seeds are asked the same ones."""
    control = next((arm for arm in answered if arm.kind == "control"), None)
    if control is None or not answered[control][0]:
        return []
    return [_task(name, control, answered, trunk, alpha) for name in sorted(answered[control][0])]


def unanswered(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Notes on tasks that say nothing."""
    return [
        f"{one['task']}: no arm answers more of {one['items']} items than chance ({one['chance']:.1%}) would; the "
        "model is too small to answer"
        for one in tasks
        if not one["answers"]
    ]


def _task(name: str, control: Arm, answered: Answered, trunk: Mapping[str, Answers], alpha: float) -> dict[str, Any]:
    one = answered[control][0][name]
    values = {arm: np.array([accuracy(seed[name])[1] for seed in seeds]) for arm, seeds in answered.items()}
    error = math.sqrt(one.chance * (1 - one.chance) / one.items)
    least = one.chance + float(stats.norm.ppf(1 - alpha / len(values))) * error
    return {
        "task": name,
        "metric": accuracy(one)[0],
        "items": one.items,
        "chance": one.chance,
        "trunk": accuracy(trunk[name])[1] if name in trunk else None,
        "answers": any(float(each.mean()) > least for each in values.values()),
        "arms": [
            {
                "arm": arm.label,
                "accuracy": each.tolist(),
                "mean": float(each.mean()),
                "spread": float(each.std(ddof=1)),
                "difference": _difference(each, values[control], alpha) if arm != control else None,
            }
            for arm, each in values.items()
        ],
    }


def _difference(arm: Floats, control: Floats, alpha: float) -> dict[str, float] | None:
    """The arm's mean less the control's with its interval, by seeds alone (Welch 1947, Biometrika 34). None where no
    seed differs from another: accuracies are coarse, and that is no certainty."""
    error = math.sqrt(sum(float(each.var(ddof=1)) / len(each) for each in (arm, control)))
    if error < ROUNDING:
        return None
    found = judged(float(arm.mean() - control.mean()), error, 0.0, degrees(arm, control), alpha)
    return {name: getattr(found, name) for name in _TOLD}
