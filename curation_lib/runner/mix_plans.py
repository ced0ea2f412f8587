"""What a recipe's mixes come to, decided as a build decides but not written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Recipe
from curation_lib.runner.group_step import decide, group_target
from curation_lib.runner.manifest import Manifest, read_manifest
from curation_lib.runner.plan import Step, plan
from curation_lib.runner.session import Session

LICENSED = "export.licenses"
"""The step whose documents mixes draw from."""


def mix_steps(recipe: Recipe, phase: str = "") -> list[Step]:
    """The steps that mix, all or that of one phase; ConfigError names the phases there are."""
    steps = [step for step in plan(recipe) if step.upstream == (LICENSED,) and step.phase]
    found = [step for step in steps if phase in ("", step.phase)]
    if not found:
        raise ConfigError(f"--phase {phase!r}: the recipe's mixes are {', '.join(step.phase for step in steps)}")
    return found


def planned_mix(step: Step, inputs: Sequence[Manifest], session: Session) -> dict[str, Any]:
    """The facts that the manifest of the step's dataset has, or would have (`mix/planned.py`).

    A mix that is written is not decided again; what is decided here (key rows of each part, partitions, the decision)
    is what a build of the same mix from the same documents takes up.
    """
    if done := read_manifest(session.store, group_target(step, inputs).directory):
        found: dict[str, Any] = done.facts["decision"]
    else:
        found = decide(step, inputs, session).decision.facts["facts"]
    return found
