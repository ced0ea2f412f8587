"""A whole build without Airflow: every step, every gate, the build record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import Recipe, recipe_identity
from curation_lib.runner.cards import card_writer
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.gates import Verdict, gate_key, run_gate
from curation_lib.runner.lineage import build_id_of, complete
from curation_lib.runner.lock import locked
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step, plan
from curation_lib.runner.required import require
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.steps import StepResult, run_step
from curation_lib.runner.store import Store, canonical_json


@dataclass
class Build:
    """What a build came to, step by step."""

    corpus: str
    store: str
    steps: list[StepResult] = field(default_factory=list)
    gates: list[Verdict] = field(default_factory=list)
    build_id: str | None = None

    def directories(self) -> dict[str, str]:
        return {s.step: s.directory for s in self.steps}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def new_session(
    recipe: Recipe, store: Store, scheduler: Scheduler, progress: Progress = silent, **options: Any
) -> Session:
    """A session whose exports carry a data card."""
    session = Session(store, scheduler, progress, recipe=recipe, **options)
    session.card = card_writer(recipe, store)
    return session


def run_build(
    recipe: Recipe,
    store: Store,
    scheduler: Scheduler,
    progress: Progress = silent,
    said: Callable[[StepResult | Verdict], None] = lambda _: None,
    until: str | None = None,
    **options: Any,
) -> Build:
    """Run the recipe's steps and gates in order. Raises ContractError where a gate fails."""
    steps = plan(recipe)
    if until is not None and until not in (ids := [s.id for s in steps]):
        raise ConfigError(f"--until {until!r}: steps are {', '.join(ids)}")
    require(steps)
    store.check()
    build = Build(recipe.corpus, store.url)
    with locked(store, recipe.corpus) as lock:

        def alive(*what: Any) -> None:
            lock.beat()
            progress(*what)

        session = new_session(recipe, store, scheduler, alive, **options)
        for step in steps:
            _run(step, build, session, said)
            if step.id == until:
                break
    return build


def _run(step: Step, build: Build, session: Session, said: Callable[[StepResult | Verdict], None]) -> None:
    known = build.directories()
    if step.kind == "record":
        build.build_id = record_build(session, known)
        return
    inputs = upstream_manifests(step, known, session.store)
    result = run_step(step, inputs, session)
    build.steps.append(result)
    said(result)
    if step.contract:
        verdict = run_gate(step, complete(session.store, result.directory), session.store)
        build.gates.append(verdict)
        said(verdict)
        if not verdict.success:
            raise ContractError(verdict.message)


def upstream_manifests(step: Step, directories: dict[str, str], store: Store) -> list[Manifest]:
    """The step's input datasets, in the plan's order."""
    return [complete(store, directories[id]) for id in step.upstream]


def record_build(session: Session, directories: dict[str, str]) -> str:
    """Write builds/<corpus>/<build_id>.json, the root of lineage, and return the build's id."""
    recipe, store = session.recipe, session.store
    assert recipe is not None
    steps = plan(recipe)
    build_id = build_id_of(store, recipe, [complete(store, d) for d in dict.fromkeys(directories.values())])
    record = {
        "corpus": recipe.corpus,
        "build_id": build_id,
        "recipe_fingerprint": session.recipe_print,
        "recipe": recipe_identity(recipe),
        "steps": [_step_record(s, directories[s.id], store) for s in steps if s.id in directories],
    }
    store.put(f"builds/{recipe.corpus}/{build_id}.json", canonical_json(record))
    return build_id


def _step_record(step: Step, directory: str, store: Store) -> dict[str, Any]:
    manifest = complete(store, directory)
    gate = gate_key(manifest, step.contract) if step.contract else None
    return {
        "step": step.id,
        "kind": step.kind,
        "phase": step.phase or None,
        "directory": directory,
        "counts": manifest.counts,
        "gate": gate,
    }


def dry_run(recipe: Recipe, store: Store) -> list[dict[str, str]]:
    """Which steps a build would run and which it would reuse, and why; computes and writes nothing."""
    from curation_lib.runner.forecast import forecast

    steps = plan(recipe)
    require(steps)
    return forecast(steps, recipe, store)


__all__: Sequence[str] = (
    "Build",
    "dry_run",
    "new_session",
    "record_build",
    "run_build",
    "upstream_manifests",
)
