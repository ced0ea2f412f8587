"""What new thresholds would do to a finished build, from its stored scores: `winnow retune`.

Predicted are the documents that a block of filters keeps, exactly: the rules decide as in a build, over the scores of
every document that came to the block. What the steps behind the block make of them has to be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.audit.as_built import deciding
from curation_lib.audit.builds import BuildRecord, newest
from curation_lib.audit.changes import Change, changed, parse_changes
from curation_lib.audit.predictions import predict
from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import fingerprint
from curation_lib.core.recipe import Recipe
from curation_lib.core.recipe_stages import configured
from curation_lib.core.registry import find
from curation_lib.core.stage import Bound, Stage
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step, plan
from curation_lib.runner.session import identities
from curation_lib.runner.store import Store


def retune(recipe: Recipe, store: Store, pairs: Sequence[str], build: str = "", samples: int = 3) -> dict[str, Any]:
    """The effect of `pairs` (`STAGE.FIELD=VALUE`) on the recipe's last build, or on the one whose id starts with
    `build`: `corpus`, `build`, `changes`, and per changed block `steps` (see `predictions.predict`) with
    `not_predicted`, the ids of the steps behind it.

    Sources and releases are taken as that build read them. Raises ConfigError for a wrong key or value and where no
    build fits the recipe, ContractError where the scores do not give the build's own counts.
    """
    steps = plan(recipe)
    changes = parse_changes(pairs, steps)
    record, manifests = _last_build(recipe, steps, changes, store, build)
    answers, said = [], []
    for number, step in enumerate(steps):
        mine = [c for c in changes if c.step == step.id]
        if mine:
            before, after = _as_built(step, manifests[step.id]), changed(step, mine)
            said += [_said(change, step, before, after) for change in mine]
            found = predict(store, manifests[step.id], before, after, samples)
            behind = [s.id for s in steps[number + 1 :] if s.kind != "record"]
            answers.append({"step": step.id, **found, "not_predicted": behind})
    return {"corpus": record.corpus, "build": record.build_id, "changes": said, "steps": answers}


def _last_build(
    recipe: Recipe, steps: Sequence[Step], changes: Sequence[Change], store: Store, build: str
) -> tuple[BuildRecord, dict[str, Manifest]]:
    """The newest build that a rebuild would share everything with up to the last changed block but decisions."""
    refused = ""
    for record in newest(store, build, recipe.corpus):
        manifests = {step.id: step.manifest for step in record.steps(store)}
        reason = _differs(steps, {c.step for c in changes}, manifests)
        if not reason:
            return record, manifests
        refused = refused or f"build {record.build_id} of {record.corpus} is not of this recipe: {reason}"
    raise ConfigError(f"{refused}; build the recipe as it stands first")


def _differs(steps: Sequence[Step], touched: set[str], manifests: dict[str, Manifest]) -> str:
    """The first step up to the last touched one that the build did in another way; "" where there is none."""
    last = max(n for n, step in enumerate(steps) if step.id in touched)
    for step in steps[: last + 1]:
        if step.id not in manifests:
            return f"it has no step {step.id}"
        now, then = identities(step), manifests[step.id].stages
        if step.id in touched:
            now, then = measured(now), measured(then)
        if fingerprint(now) != fingerprint(then):
            return f"step {step.id} had other settings, versions or models"
    return ""


def measured(stages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stages as a manifest names them, without the settings that only decide."""
    return [{**one, "config": _without_keep(find(one["stage"]), one["config"])} for one in stages]


def _without_keep(stage: Stage, config: dict[str, Any]) -> dict[str, Any]:
    fields = stage.config.model_fields
    return {k: v for k, v in config.items() if k not in fields or stage.config.role(k) != "keep"}


def _as_built(step: Step, manifest: Manifest) -> tuple[Bound, ...]:
    """The step's filters deciding as the build did. What they measure is the recipe's: `_last_build` has seen that it
    is the same, and a manifest does not say where a list or a benchmark lies."""
    pairs = zip(step.bound, manifest.stages, strict=True)
    return tuple(
        configured(stage.name, config.model_dump() | deciding(stage, then["config"]), "the build")
        for (stage, config), then in pairs
    )


def _said(change: Change, step: Step, before: Sequence[Bound], after: Sequence[Bound]) -> dict[str, Any]:
    settings = (dict(bound[change.stage][1].only("keep")) for bound in (before, after))
    was, now = (one[change.field] for one in settings)
    return {"step": step.id, "key": f"{step.bound[change.stage][0].name}.{change.field}", "before": was, "after": now}
