"""One stage on files, or several in a row, without a recipe: `winnow stage`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from curation_lib.core.contract import CAPTURE
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import configured
from curation_lib.core.stage import Bound, Source
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step, behind, fused
from curation_lib.runner.publish import publish
from curation_lib.runner.released import releases_of, require_releases
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.steps import StepResult, run_step
from curation_lib.runner.store import Store

AS_IS = {"clean": False, "identify_language": False}
_KINDS = {"sources.jsonl": (".jsonl", ".json", ".ndjson"), "sources.parquet": (".parquet", ".pq")}


def run_stage(
    name: str,
    inputs: Sequence[str],
    output: str,
    settings: Mapping[str, Any],
    scheduler: Scheduler,
    progress: Progress = silent,
) -> tuple[list[StepResult], Manifest | None]:
    """Run the stage called `name` over files or datasets; its dataset is then the folder `output`.

    `name` may be several, joined by commas: each runs on what the one before it kept, neighbouring filters in one
    pass, and `settings` are by stage. Rows are taken as they stand (no clean-up) unless the stage is itself a source
    or a normalizer. Returns the results of the steps and the manifest of what was read for them.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-stage-") as folder:
        session = Session(Store(folder), scheduler, progress)
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
        return steps, read_inputs(inputs, session)
    step, upstream = _one(name, inputs, settings, session)
    return [step], upstream


def _several(names: Sequence[str], settings: Mapping[str, Any]) -> list[Step]:
    """The stages called `names` as steps; `settings` hold each one's under its name's parts."""
    from curation_lib.core.registry import find

    given = {f"{room}.{module}": values for room, modules in settings.items() for module, values in modules.items()}
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


def _one(
    name: str, inputs: Sequence[str], settings: Mapping[str, Any], session: Session
) -> tuple[Step, list[Manifest]]:
    from curation_lib.core.registry import find

    stage = find(name)
    if isinstance(stage, Source):
        then = "normalize.html" if name == "sources.warc" else "normalize.plain"
        chain = (_source(name, inputs, settings), configured(then, {}, name))
        return Step(name, "ingest", name, chain), []
    if stage.consumes == CAPTURE:
        kind, files = _one_kind(inputs)
        chain = (_source(kind, files, {}), configured(name, settings, name))
        return Step(name, "ingest", name, chain), []
    bound = configured(name, settings, name)
    (step,) = fused([bound])
    require_releases([step])
    return step, read_inputs(inputs, session)


def read_inputs(inputs: Sequence[str], session: Session) -> list[Manifest]:
    """Files, folders, globs or datasets as datasets of documents in the session's store, taken as they stand."""
    return [_read(path, session) for path in _grouped(inputs)]


def _source(kind: str, inputs: Sequence[str], settings: Mapping[str, Any]) -> Bound:
    return configured(kind, {"source": "input", "paths": list(inputs), **settings}, kind)


def _grouped(inputs: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Inputs by the source that reads them, `dataset` for a folder with a manifest."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in inputs:
        groups[_source_for(path)].append(path)
    return [(kind, [p]) for kind, paths in groups.items() for p in paths if kind == "dataset"] + [
        (kind, paths) for kind, paths in groups.items() if kind != "dataset"
    ]


def _source_for(path: str) -> str:
    if os.path.isfile(os.path.join(path, "manifest.json")):
        return "dataset"
    names = [path] if not os.path.isdir(path) else [str(p) for p in sorted(Path(path).rglob("*")) if p.is_file()]
    for name in names:
        for kind, suffixes in _KINDS.items():
            if any(s in Path(name).name.lower() for s in suffixes):
                return kind
    return "sources.warc"


def _one_kind(inputs: Sequence[str]) -> tuple[str, list[str]]:
    groups = _grouped(inputs)
    if len(groups) != 1 or groups[0][0] == "dataset":
        raise ConfigError("--input: a normalizer takes files of one kind (WARC, JSONL or Parquet)")
    return groups[0]


def _read(group: tuple[str, list[str]], session: Session) -> Manifest:
    kind, paths = group
    if kind == "dataset":
        return _adopted(paths[0], session.store)
    chain = (_source(kind, paths, {}), configured("normalize.plain", AS_IS, kind))
    if kind == "sources.warc":
        chain = (chain[0], configured("normalize.html", {}, kind))
    step = Step(f"read {kind}", "ingest", kind, chain)
    done = run_step(step, [], replace(session, codec=None), allow_empty=True)
    return complete(session.store, done.directory)


def _adopted(path: str, store: Store) -> Manifest:
    """A dataset folder as an input: linked into the working store under its own fingerprint."""
    data = orjson.loads(Path(path, "manifest.json").read_bytes())
    directory = f"datasets/input/{data['fingerprint']}"
    target = Path(store.path(directory))
    shutil.copytree(path, target, ignore=shutil.ignore_patterns("manifest.json", "scores"))
    data |= {"directory": directory, "inputs": []}
    (target / "manifest.json").write_bytes(orjson.dumps(data))
    return complete(store, directory)


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`key=value` pairs; values are YAML, dots nest."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {pair!r}: write key=value")
        place = settings
        *nested, last = key.split(".")
        for name in nested:
            place = place.setdefault(name, {})
        place[last] = parse_value(value, f"--set {pair!r}")
    return settings


def parse_value(text: str, where: str) -> Any:
    """A value as YAML reads it. Raises ConfigError, naming `where`."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise ConfigError(f"{where}: the value is not YAML") from e
