"""Carries out runs: what a store holds is read, the rest is trained on workers, each run committed whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.runner.dask import Resources
from curation_lib.runner.reports import Sums
from curation_lib.runner.run_files import key_of, result_of
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.runner.torchrun import trained_on_devices
from curation_lib.runner.training_process import train_here
from curation_lib.valuation.runs import Run, RunResult

TRAIN: Resources = {"train": 1}
"""What a run takes of a worker."""


class Ordered(NamedTuple):
    """One run on its way to a worker. print: what it is called where it was planned."""

    store: Store
    run: Run
    print: str


def carry_out(runs: Sequence[Run], session: Session, step: str = "train") -> list[RunResult]:
    """The result of each run, in order. What starts from another's state is carried out behind it where both are given;
    else the caller carries that one out first. Equal runs are trained once; a run that was killed goes on from its
    checkpoint.

    Raises WinnowError where a loss is no number any more or a state is missing.
    """
    found = {run.print: result_of(session.store, run) for run in runs}
    missing = {run.print: run for run in runs if found[run.print] is None}
    todo = [Ordered(session.store, run, name) for name, run in missing.items()]
    finished = len({*found}) - len(todo)
    session.reused["train"] += finished
    session.progress(step, "train", finished, len(found))

    def done(result: RunResult) -> None:
        nonlocal finished
        finished += 1
        found[result.print] = result
        session.calls["train"] += 1
        session.progress(step, "train", finished, len(found))

    heard = Sums(step, session.tell, paced="tokens")
    for wave in _waves(todo):
        session.scheduler.run(train_run, wave, done, heard, resources=TRAIN)  # type: ignore[arg-type]
    return [result for run in runs if (result := found[run.print]) is not None]


def _waves(todo: Sequence[Ordered]) -> Iterator[list[Ordered]]:
    """What can be at work together: starts are not among what is still to come."""
    left = list(todo)
    while left:
        coming = {one.print for one in left}
        yield [one for one in left if one.run.start not in coming]
        left = [one for one in left if one.run.start in coming]


def require_planned(run: Run, planned: str) -> None:
    """ConfigError where this worker would train another run than was planned, or none at all."""
    if run.print != planned:
        raise ConfigError(
            f"this worker calls the run {planned} another, {run.print}: its numpy, torch or transformers, or Winnow, "
            "are of other versions than where it was planned; install the same requirements-train.txt on both"
        )


def train_run(ordered: Ordered) -> RunResult:
    """Train one run here, or in processes of torchrun where it asks for several; returns its result. Raises ConfigError
    where this worker would train another run than was planned."""
    store, run, planned = ordered
    require_planned(run, planned)
    if (done := result_of(store, run)) is not None:
        return done
    try:
        if run.optimisation.devices > 1:
            trained_on_devices(store, run)
        else:
            train_here(store, run)
    except (FileNotFoundError, WinnowError):
        # Where two workers are at one run, the first to finish takes away the checkpoint that the other wants to read.
        if result_of(store, run) is None:
            raise
    result = result_of(store, run)
    if result is None:
        raise WinnowError(f"{store.address(key_of(run))} holds no result after its training; see the worker's log")
    return result
