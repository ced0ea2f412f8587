"""One stage on files, or several in a row, without a recipe: `winnow stage`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curation_lib.core.contract import CAPTURE
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Source
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import one_kind, read_inputs, source_of
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step, behind, fused
from curation_lib.runner.publish import check_output, publish
from curation_lib.runner.released import releases_of, require_releases
from curation_lib.runner.reports import Tell, untold
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.steps import StepResult, run_step
from curation_lib.runner.store import Store


def run_stage(
    name: str,
    inputs: Sequence[str],
    output: str,
    settings: Mapping[str, Any],
    scheduler: Scheduler,
    progress: Progress = silent,
    tell: Tell = untold,
) -> tuple[list[StepResult], Manifest | None]:
    """Run the stage called `name` over files or datasets; its dataset is then the folder `output`.

    `name` may be several, joined by commas: each runs on what the one before it kept, neighbouring filters in one
    pass, and `settings` are by stage. Rows are taken as they stand (no clean-up) unless the stage is itself a source
    or a normalizer. Answers that a stage paid for are kept at `output` + ".answers", for the next run. Returns the
    results of the steps and the manifest of what was read for them.
    """
    check_output(output)
    with tempfile.TemporaryDirectory(prefix="winnow-stage-") as folder:
        answers = Store(f"{output.rstrip('/')}.answers")
        session = Session(Store(folder), scheduler, progress, memory=answers, tell=tell)
        steps, upstream = _prepared(name, inputs, settings, session)
        if any(release.is_at(output) for step in steps for release in releases_of(step)):
            raise ConfigError(f"--output {output}: a release that the stage compares with; name another folder")
        results, given = [], upstream
        for step in steps:
            results.append(run_step(step, given, session, allow_empty=True))
            given = [complete(session.store, results[-1].directory)]
        publish(session.store, [result.directory for result in results], upstream, output)
    return results, upstream[0] if upstream else None


def _prepared(
    name: str, inputs: Sequence[str], settings: Mapping[str, Any], session: Session
) -> tuple[list[Step], list[Manifest]]:
    if "," in name:
        steps = _several(name.split(","), settings)
        return steps, _read(inputs, session)
    step, upstream = _one(name, inputs, settings, session)
    return [step], upstream


def _several(names: Sequence[str], settings: Mapping[str, Any]) -> list[Step]:
    """The stages called `names` as steps; `settings` hold each one's under its name's parts."""
    from curation_lib.core.registry import find

    given = _by_stage(settings)
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"{twice[0]} stands twice in a row of stages, and settings are by name; run it by itself")
    if unknown := sorted(set(given) - set(names)):
        raise ConfigError(f"--set {unknown[0]}: not one of the stages {', '.join(names)}; write STAGE.KEY=VALUE")
    if first := [name for name in names if isinstance(find(name), Source) or find(name).consumes == CAPTURE]:
        raise ConfigError(f"{first[0]} reads files and cannot stand in a row of stages; run it by itself first")
    steps: list[Step] = []
    for step in fused([configured(name, given.get(name, {}), name) for name in names]):
        steps.append(behind(step, (), {s.id for s in steps}))
    require_releases(steps)
    return steps


def _by_stage(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Settings by stage, of those by the parts of stages' names. Raises ConfigError for what is no stage's."""
    given: dict[str, Mapping[str, Any]] = {}
    for room, modules in settings.items():
        for module, values in modules.items() if isinstance(modules, dict) else [("", modules)]:
            name = f"{room}.{module}".rstrip(".")
            if not isinstance(values, dict):
                raise ConfigError(f"--set {name}: this is no setting of a stage; write STAGE.KEY=VALUE")
            given[name] = values
    return given


def _one(
    name: str, inputs: Sequence[str], settings: Mapping[str, Any], session: Session
) -> tuple[Step, list[Manifest]]:
    from curation_lib.core.registry import find

    stage = find(name)
    if isinstance(stage, Source):
        then = "normalize.html" if name == "sources.warc" else "normalize.plain"
        chain = (source_of(name, inputs, settings), configured(then, {}, name))
        return Step(name, "ingest", name, chain), []
    if stage.consumes == CAPTURE:
        kind, files = one_kind(inputs)
        chain = (source_of(kind, files, {}), configured(name, settings, name))
        return Step(name, "ingest", name, chain), []
    bound = configured(name, settings, name)
    (step,) = fused([bound])
    require_releases([step])
    return step, _read(inputs, session)


def _read(inputs: Sequence[str], session: Session) -> list[Manifest]:
    """The inputs as datasets that are gone when the stage has run: not worth packing."""
    return read_inputs(inputs, replace(session, codec=None))
