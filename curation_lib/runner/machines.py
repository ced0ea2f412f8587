"""The machine that trains: measured by one of its workers, once, and kept in the store without a price.

A price is the experiment's, so that another one counts at once; what was measured stays, so that what was told is not
told otherwise afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil
from typing import NamedTuple

from curation_lib.runner.dask import own_host
from curation_lib.runner.pools import facts_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.training import TRAIN
from curation_lib.valuation.calibrate import calibrate
from curation_lib.valuation.cost import CostSettings, Machine, cpu, h100
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
    """A measurement on its way to a worker. hosts: one for each run that may be at work at once. runs: that there are
    for them."""

    run: Run
    sizes: Sizes
    hosts: tuple[str, ...]
    runs: int


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
        ask = Ask(run, sizes, tuple(session.scheduler.offering(TRAIN)), runs)
        (machine,) = session.scheduler.run(measure, [ask], lambda _: None, resources=TRAIN)  # type: ignore[arg-type, list-item]
        told = {name: value for name, value in machine._asdict().items() if name not in PRICED}
        session.store.put(key, canonical_json(told))
    return cpu(told, settings)


def measure(ask: Ask) -> Machine:
    """This worker's machine, with as many processes at once as there are runs for, spread evenly over hosts."""
    at_once = max(1, min(len(ask.hosts), ask.runs))
    here = at_once * ask.hosts.count(own_host()) / max(1, len(ask.hosts))
    return calibrate(ask.run, ask.sizes.vocabulary, max(1, ceil(here)), at_once, ask.sizes.document_tokens)
