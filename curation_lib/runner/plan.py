"""A recipe as steps: what one task of a build does. Neighbouring Maps and neighbouring Filters share a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from curation_lib.contracts.expectations import Expectation, parse_expectations
from curation_lib.contracts.suites import check_columns, contract_for
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import Recipe
from curation_lib.core.recipe_stages import configured, exports_of, mixes_of, of_phase, sources_of, stages_of
from curation_lib.core.stage import Bound, Filter, Group, Map, Order, Stage
from curation_lib.runner.expected_rules import check_rules

Kind = Literal["ingest", "map", "filter", "group", "order", "export", "record"]


@dataclass(frozen=True)
class Step:
    """One task of a build and its gate. `upstream` are ids of the steps whose datasets it reads.

    `label` is the folder below datasets/; `contract` what the gate behind the step judges (none: no gate).
    """

    id: str
    kind: Kind
    label: str
    bound: tuple[Bound, ...] = ()
    upstream: tuple[str, ...] = ()
    phase: str = ""
    contract: tuple[Expectation, ...] = ()


def plan(recipe: Recipe) -> list[Step]:
    """The recipe's steps in an order that can be run. Raises ConfigError for anything that cannot hold."""
    steps = [
        Step(f"sources.{name}", "ingest", chain[0][0].name, tuple(chain)) for name, chain in sources_of(recipe).items()
    ]
    heads = tuple(step.id for step in steps)
    for step in fused(stages_of(recipe)):
        steps.append(behind(step, heads, {s.id for s in steps}))
        heads = (steps[-1].id,)
    licenses = configured("export.licenses", _license_settings(recipe), "licenses")
    steps.append(Step("export.licenses", "filter", "export.licenses", (licenses,), heads))
    if unknown := [phase for phase in recipe.export.phases if phase not in recipe.mixes]:
        raise ConfigError(
            f"export.phases.{unknown[0]}: there is no mix of that phase; mixes are {', '.join(recipe.mixes)}"
        )
    for phase, mix in mixes_of(recipe).items():
        steps.append(Step(f"mix.{phase}", "group", f"mix.{phase}", (mix,), ("export.licenses",), phase))
        shuffle = of_phase("mix.shuffle", phase, recipe.export.shuffle, "export.shuffle")
        steps.append(Step(f"shuffle.{phase}", "order", f"shuffle.{phase}", (shuffle,), (f"mix.{phase}",), phase))
        formats = tuple(exports_of(recipe, phase))
        steps.append(Step(f"export.{phase}", "export", f"export.{phase}", formats, (f"shuffle.{phase}",), phase))
    ends = tuple(f"export.{phase}" for phase in recipe.mixes)
    return [*_gated(steps, recipe), Step("build.record", "record", "build.record", upstream=ends)]


def _license_settings(recipe: Recipe) -> dict[str, Any]:
    return {"allow": recipe.licenses.allow, "allow_unknown": recipe.licenses.unknown}


def fused(stages: Sequence[Bound]) -> list[Step]:
    """Stages between ingest and mix as steps, neighbours of one shape fused where the shape allows."""
    steps = []
    if written := [stage.name for stage, _ in stages if isinstance(stage, Map) and stage.name.startswith("export.")]:
        raise ConfigError(
            f"{written[0]} writes files, not documents: name it in a recipe's export.formats, or run "
            f"`winnow export write --format {written[0].partition('.')[2]}`"
        )
    for kind, run in groupby(stages, _kind):
        bound = tuple(run)
        names = [stage.name for stage, _ in bound]
        if kind in ("filter", "map") and (twice := [n for n in names if names.count(n) > 1]):
            raise ConfigError(f"stages: {twice[0]} stands twice in one block of {kind}s; merge its settings")
        if kind in ("filter", "map"):
            label = bound[0][0].name if len(bound) == 1 else f"{bound[0][0].name.partition('.')[0]}.block"
            steps.append(Step(label, kind, label, bound))
        else:
            steps.extend(Step(one[0].name, kind, one[0].name, (one,)) for one in bound)
    return steps


def _kind(bound: Bound) -> Kind:
    kinds: dict[type[Stage], Kind] = {Map: "map", Filter: "filter", Group: "group", Order: "order"}
    return kinds[type(bound[0])]


def behind(step: Step, heads: tuple[str, ...], taken: set[str]) -> Step:
    """The step behind those called `heads`, under an id that is not taken."""
    number = 2
    id = step.id
    while id in taken:
        id, number = f"{step.id}_{number}", number + 1
    return Step(id, step.kind, step.label, step.bound, heads, step.phase)


def _gated(steps: list[Step], recipe: Recipe) -> list[Step]:
    """Every step with its contract; the recipe's own expectations are added to those of the step they name."""
    known = {step.id for step in steps}
    for key in recipe.gates:
        if key not in known:
            raise ConfigError(f"gates: no step {key!r}; steps are {', '.join(sorted(known))}")
    gated = []
    for step in steps:
        extra = parse_expectations(recipe.gates.get(step.id, []), f"gates.{step.id}")
        check_columns(extra, f"gates.{step.id}")
        check_rules(step.bound, extra, f"gates.{step.id}")
        contract = contract_for(step.label, extra)
        gated.append(Step(step.id, step.kind, step.label, step.bound, step.upstream, step.phase, contract))
    return gated
