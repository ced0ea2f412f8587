"""What Airflow shows about a corpus, its steps and its gates: made from the recipe, so that it cannot lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curation_lib.contracts.expectations import Expectation
from curation_lib.contracts.result import required
from curation_lib.core.config import StageConfig
from curation_lib.core.recipe import Recipe
from curation_lib.core.stage import Stage
from curation_lib.core.weights_files import FROM, WeightsFrom
from curation_lib.runner.plan import Step
from winnow_airflow.model_docs import plain
from winnow_airflow.naming import dag_id_of


def corpus_doc(recipe: Recipe, steps: Sequence[Step], recipe_path: str) -> str:
    """The DAG's page, in Markdown."""
    return "\n".join(
        [
            f"# Corpus `{recipe.corpus}`",
            "",
            recipe.description or "(the recipe has no description)",
            "",
            f"Built from `{Path(recipe_path).name}`. Finished work is reused; a failed gate stops what follows.",
            *_sources(recipe),
            *_stages(steps),
            *_mixes(recipe),
            *_gates(recipe, steps),
            *_triggering(recipe),
        ]
    )


def step_doc(step: Step) -> str:
    """What a step's task does: its stages with the settings that differ from their defaults."""
    if step.kind == "record":
        return "Writes the build's record, the root of lineage, and lets the corpus's build lock go."
    return "\n".join(f"- {line}" for line in _stage_lines(step))


def gate_doc(step: Step) -> str:
    """What a gate asks of its dataset."""
    asked = "\n".join(f"- {_asked(e)}" for e in step.contract)
    return f"Judges the dataset of `{step.id}`. A warning does not stop the build.\n\n{asked}"


def _sources(recipe: Recipe) -> Iterator[str]:
    yield from ("", "## Sources", "", "| source | stage | licence | inputs |", "|---|---|---|---|")
    for name, settings in recipe.sources.items():
        paths = settings.get("paths") or []
        shown = ", ".join(f"`{p}`" for p in ([paths] if isinstance(paths, str) else paths))
        license = settings.get("license") or "as each record says"
        yield f"| {name} | `{settings['stage']}` | {license} | {shown} |"
    unknown = "let through" if recipe.licenses.unknown else "left out of every export"
    yield from ("", f"Exported licences: {', '.join(recipe.licenses.allow)}; unknown ones are {unknown}.")


def _stages(steps: Sequence[Step]) -> Iterator[str]:
    yield from ("", "## Stages", "")
    for step in steps:
        if step.kind in ("map", "filter", "group") and not step.phase:
            for line in _stage_lines(step):
                yield f"- {line}"


def _stage_lines(step: Step) -> Iterator[str]:
    for stage, config in step.bound:
        changed = settings_changed(config)
        shown = f" with {', '.join(f'`{k} = {v!r}`' for k, v in changed.items())}" if changed else ""
        yield f"`{stage.name}` v{stage.version}: {_summary(stage)}{shown}"


def _summary(stage: Stage) -> str:
    return stage.summary.rstrip(".")


def settings_changed(config: StageConfig) -> dict[str, Any]:
    """The settings that differ from their defaults, without where inputs lie."""
    dumped: Mapping[str, Any] = config.model_dump(mode="json")
    defaults = {
        name: None if field.is_required() else type(config).model_fields[name].get_default(call_default_factory=True)
        for name, field in type(config).model_fields.items()
    }
    return {
        name: dumped[name]
        for name in defaults
        if getattr(config, name) != defaults[name] and type(config).role(name) != "locate"
    }


def _mixes(recipe: Recipe) -> Iterator[str]:
    yield from ("", "## Mixes", "")
    for phase, settings in recipe.mixes.items():
        shown = ", ".join(f"{k} {v}" for k, v in settings.items() if k != FROM)
        given = f", weights of {plain(WeightsFrom(**settings[FROM]).words())}" if FROM in settings else ""
        yield f"- **{phase}**: {shown or 'defaults'}{given}"
    yield from ("", f"Written as {' and '.join(recipe.export.formats)} below `exports/{recipe.corpus}/`.")


def _gates(recipe: Recipe, steps: Sequence[Step]) -> Iterator[str]:
    gated = [s for s in steps if s.contract]
    yield from ("", "## Gates", "")
    yield f"{len(gated)} datasets are judged before anything reads them; each gate's own page lists what it asks."
    own = [s for s in gated if s.id in recipe.gates]
    for step in own:
        asked = "; ".join(_asked(e) for e in step.contract[-len(recipe.gates[step.id]) :])
        yield f"- `{step.id}`, set by this recipe: {asked}"


def _asked(e: Expectation) -> str:
    at = f"`{e.frame}.{', '.join(e.columns())}`" if e.columns() else f"`{e.frame}`"
    return f"{at} {required(e)}{'' if e.severity == 'critical' else ' (warning)'}"


def _triggering(recipe: Recipe) -> Iterator[str]:
    when = f"Runs on schedule `{recipe.airflow.schedule}`." if recipe.airflow.schedule else "Runs when triggered."
    yield from ("", "## Triggering", "", f"{when} Only one build of a corpus runs at a time.", "")
    yield "Press *Trigger*, or:"
    yield from (
        "", "```", f"airflow dags trigger {dag_id_of(recipe.corpus)}", "```", "",
        "The parameter `store` builds into another store for one run; its pages are then not served here.",
    )  # fmt: skip
