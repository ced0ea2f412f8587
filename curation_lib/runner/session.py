"""What every step of a build shares, and how a step's work and manifest are put together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.recipe import Recipe, recipe_fingerprint
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.manifest import Entry, Manifest, total
from curation_lib.runner.parts import BATCH_ROWS, CODEC
from curation_lib.runner.plan import Step
from curation_lib.runner.reports import Sums, Tell, untold
from curation_lib.runner.store import Store
from curation_lib.runner.work import Link, Work, described

Progress = Callable[[str, str, int, int], None]
"""progress(step id, function, shards done, shards in all)"""


def silent(step: str, function: str, done: int, total: int) -> None:
    """Shows nothing."""


@dataclass
class Session:
    """What every step of a build shares. `calls` counts shards computed per function, `reused` those not;
    `codec` packs the sources' parts: None where they are gone when the command ends; `memory` is the store of
    answers from outside, `store` where there is no other; `tell` says a line in the task's log."""

    store: Store
    scheduler: Scheduler
    progress: Progress = silent
    batch_rows: int = BATCH_ROWS
    codec: str | None = CODEC
    memory: Store | None = None
    tell: Tell = untold
    recipe: Recipe | None = None
    card: Callable[[Step, Manifest], Mapping[str, str]] | None = None
    calls: Counter[str] = field(default_factory=Counter)
    reused: Counter[str] = field(default_factory=Counter)

    @property
    def recipe_print(self) -> str:
        return recipe_fingerprint(self.recipe) if self.recipe is not None else ""

    def run(self, step: str, function: Callable[[Work], Any], work: Sequence[Work]) -> list[Any]:
        """Run `function` over `work`, counting and showing progress."""
        name, finished = function.__name__, 0

        def done(result: Any) -> None:
            nonlocal finished
            finished += 1
            for one in result.values() if isinstance(result, dict) else [result]:
                (self.reused if one.reused else self.calls)[name] += 1
            self.progress(step, name, finished, len(work))

        workers, began = min(self.scheduler.processes, len(work)), time.time()
        given = [replace(one, memory=self.memory, workers=workers, began=began) for one in work]
        return self.scheduler.run(function, given, done, Sums(step, self.tell))


def identities(step: Step) -> list[dict[str, Any]]:
    return [stage_identity(stage, config) for stage, config in step.bound]


def chain(step: Step) -> tuple[Link, ...]:
    """The step's stages on their way to workers; looks at every model file, so once a step."""
    return tuple(described(stage, config) for stage, config in step.bound)


def dataset(step: Step, print_: str, inputs: Sequence[Manifest], entries: list[Entry], **facts: Any) -> Manifest:
    """The step's manifest from its shards' entries."""
    return Manifest(
        step.label,
        print_,
        f"datasets/{step.label}/{print_}",
        identities(step),
        [m.directory for m in inputs],
        entries,
        total([e.counts for e in entries]),
        facts,
    )


@dataclass(frozen=True)
class Target:
    """Where a step's dataset goes. `work` names the work on one shard, `print` the whole dataset."""

    work: str
    print: str
    directory: str


def target(step: Step, inputs: Sequence[Any]) -> Target:
    """The step's target from what it is made of: fingerprints of datasets, or (name, hash) of source files."""
    work = fingerprint(identities(step))
    print_ = fingerprint([work, list(inputs)])
    return Target(work, print_, f"datasets/{step.label}/{print_}")


def part_work(
    step: Step, inputs: Sequence[Manifest], session: Session, work_print: str, print_: str, **facts: Any
) -> list[Work]:
    """One piece of work per part of the input datasets, in order."""
    directory = f"datasets/{step.label}/{print_}"
    links = chain(step)
    parts = [(f"{m.directory}/{e.files['part'].path}", e) for m in inputs for e in m.shards]
    return [
        Work(
            session.store,
            work_print,
            e.files["part"].sha256[:32],
            e.name,
            n,
            directory,
            links,
            part,
            dict(facts),
            session.batch_rows,
        )
        for n, (part, e) in enumerate(parts)
    ]
