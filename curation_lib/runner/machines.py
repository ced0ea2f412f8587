"""The machine that trains: measured by its workers, once, and kept in the store without a price.

A price is the experiment's, so that another one counts at once; what was measured stays, so that what was told is not
told otherwise afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from curation_lib.runner.pools import facts_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.training import TRAIN, require_planned
from curation_lib.valuation.calibrate import DOCUMENTS, Reached, machine, made_up, warmed, worked
from curation_lib.valuation.cost import CostSettings, Machine, cpu, h100
from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Run

PRICED = ("price", "assumes")
"""What of a machine is no measurement."""


class Sizes(NamedTuple):
    """What runs read. measured: tokens of each measure set, by its store key. document_tokens: of their documents, on
    average. vocabulary: of the tokenizer."""

    measured: Mapping[str, int]
    document_tokens: int
    vocabulary: int


class Ask(NamedTuple):
    """A measurement on its way to a worker. planned: what the run is called where it was planned."""

    run: Run
    planned: str
    vocabulary: int
    document_tokens: int

    def pool(self) -> Pool:
        """What it is made with."""
        return made_up(self.vocabulary, DOCUMENTS, self.document_tokens)


def read_sizes(store: Store, pool: str, measures: Collection[str]) -> Sizes:
    """Of measure sets, and of a pool that the same tokenizer made."""
    facts = {key: facts_of(store, key) for key in measures}
    average = sum(one["tokens"] for one in facts.values()) // sum(one["documents"] for one in facts.values())
    tokens = {key: one["tokens"] for key, one in facts.items()}
    return Sizes(tokens, max(1, average), facts_of(store, pool)["vocabulary"])


def machine_of(key: str, run: Run, runs: int, sizes: Sizes, settings: CostSettings, session: Session) -> Machine:
    """The machine of the workers, for `runs` runs like `run`: of GPUs what the settings assume; of CPUs what was
    measured, in the store at `key`."""
    if run.optimisation.device == "cuda":
        return h100(settings.model_copy(update={"gpus": run.optimisation.devices}))
    if (told := session.store.find_json(key)) is None:
        workers = max(1, min(session.scheduler.offering(TRAIN), runs))
        found = calibrate(run, workers, sizes, session)
        told = {name: value for name, value in found._asdict().items() if name not in PRICED}
        session.store.put(key, canonical_json(told))
    return cpu(told, settings)


def calibrate(run: Run, workers: int, sizes: Sizes, session: Session) -> Machine:
    """The machine of so many workers of the session, measured by them: each is made to import what it takes, then one
    works alone, then all at once."""
    ask = Ask(run, run.print, sizes.vocabulary, sizes.document_tokens)
    once = max(_asked(warm, [ask] * workers, session))
    (alone,) = _asked(measure, [ask], session)
    crowd = _asked(measure, [ask] * workers, session) if workers > 1 else [alone]
    return machine(run, sizes.vocabulary, once, alone, crowd)


def _asked(function: Callable[[Ask], Any], asks: Sequence[Ask], session: Session) -> list[Any]:
    return session.scheduler.run(function, asks, lambda _: None, resources=TRAIN)  # type: ignore[arg-type]


def warm(ask: Ask) -> float:
    """Seconds that it takes this worker to begin. Raises ConfigError where it would train another run."""
    require_planned(ask.run, ask.planned)
    return warmed(ask.run, ask.pool())


def measure(ask: Ask) -> Reached:
    """What this worker reaches."""
    return worked(ask.run, ask.pool())
