"""Carries out runs: what a store holds is read, the rest is trained on workers, each run committed whole.

`training/<run>/`: `result.json` (written last), `state.pt` where others may start from it, `checkpoint.pt` while it is
at work, `run.json` (clock and host).
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.core.places import on_disk
from curation_lib.runner.benchmarks import answered
from curation_lib.runner.dask import Resources
from curation_lib.runner.pools import opened
from curation_lib.runner.reports import Sums, reporting
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.runner.torchrun import trained_on_devices
from curation_lib.valuation.evaluate import measured
from curation_lib.valuation.memory import kept_memory
from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Run, RunResult, as_json, from_json
from curation_lib.valuation.train import Hooks, Trained, rank, train

TRAIN: Resources = {"train": 1}
"""What a run takes of a worker."""
RESULT, STATE, CHECKPOINT = "result.json", "state.pt", "checkpoint.pt"


class Ordered(NamedTuple):
    """One run on its way to a worker. print: what it is called where it was planned."""

    store: Store
    run: Run
    print: str


def key_of(run: Run | str) -> str:
    """Where a run lies in a store; by the run or its fingerprint."""
    return f"training/{run if isinstance(run, str) else run.print}"


def result_of(store: Store, run: Run) -> RunResult | None:
    """What a finished run came to, None where it is not finished."""
    told = store.find_json(f"{key_of(run)}/{RESULT}")
    if told is None or (run.keep and not store.exists(f"{key_of(run)}/{STATE}")):
        return None
    return from_json(told, (store.find_json(f"{key_of(run)}/run.json") or {}).get("seconds", {}))


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


def train_run(ordered: Ordered) -> RunResult:
    """Train one run here, or in processes of torchrun where it asks for several; returns its result. Raises ConfigError
    where this worker would train another run than was planned."""
    store, run, planned = ordered
    if run.print != planned:
        raise ConfigError(
            f"this worker calls the run {planned} another, {run.print}: its numpy, torch or transformers, or Winnow, "
            "are of other versions than where it was planned; install the same requirements-train.txt on both"
        )
    if (done := result_of(store, run)) is not None:
        return done
    try:
        if run.optimisation.devices > 1:
            trained_on_devices(store, run)
        else:
            train_here(ordered)
    except (FileNotFoundError, WinnowError):
        # Where two workers are at one run, the first to finish takes away the checkpoint that the other wants to read.
        if result_of(store, run) is None:
            raise
    result = result_of(store, run)
    if result is None:
        raise WinnowError(f"{store.address(key_of(run))} holds no result after its training; see the worker's log")
    return result


def train_here(ordered: Ordered) -> None:
    """Train and measure in this process, or as one of torchrun's; the first of them writes to the store."""
    store, run = ordered.store, ordered.run
    begun = time.perf_counter()
    with kept_memory():
        pools = [opened(store, part.pool) for part in run.parts]
        done = train(run, pools, _hooks(store, run))
        if rank() == 0:
            _put(store, run, _told(store, run, done, pools[0], begun))


def _hooks(store: Store, run: Run) -> Hooks:
    """Of several processes, the first alone saves and reports."""
    checkpoint, report = f"{key_of(run)}/{CHECKPOINT}", reporting()
    resumed = _state(store, checkpoint, missing=True)
    start = _state(store, f"{key_of(run.start)}/{STATE}") if run.start is not None and resumed is None else None
    if rank() != 0:
        return Hooks(start, resumed)
    return Hooks(
        start, resumed, lambda state: _save(store, checkpoint, state), lambda tokens: report({"tokens": tokens})
    )


def _told(store: Store, run: Run, done: Trained, pool: Pool, begun: float) -> RunResult:
    """What the trained model measures and answers; its state is kept where others start from it."""
    ready = time.perf_counter()
    losses = {name: measured(done.model, run, opened(store, place)) for name, place in run.measures.items()}
    if run.keep:
        _save(store, f"{key_of(run)}/{STATE}", done.state(run.keep == "weights"))
    asked = time.perf_counter()
    answers = answered(store, run, done.model, pool.eos)
    seconds = {"training": done.seconds, "measuring": asked - ready, "answering": time.perf_counter() - asked}
    seconds["other"] = time.perf_counter() - begun - sum(seconds.values())
    tokens = run.steps * run.optimisation.batch_tokens
    flops = tokens * run.model.flops_per_token(pool.vocabulary)
    return RunResult(run.print, losses, _epochs(run, done), tokens, flops, seconds, tuple(done.curve), answers)


def _epochs(run: Run, done: Trained) -> dict[str, float]:
    """How often each pool was read: the most of its parts."""
    epochs: dict[str, float] = {}
    for part, read in zip(run.parts, done.order.epochs(), strict=True):
        epochs[part.pool] = max(epochs.get(part.pool, 0.0), round(read, 6))
    return epochs


def _put(store: Store, run: Run, result: RunResult) -> None:
    """The result last; then checkpoints go."""
    key = key_of(run)
    facts = {"seconds": result.seconds, "host": platform.node(), "finished": time.time()}
    store.put(f"{key}/run.json", canonical_json({**facts, "run": run.model_dump(mode="json")}))
    store.put(f"{key}/{RESULT}", canonical_json(as_json(result)))
    _clear(store, key)


def _clear(store: Store, key: str) -> None:
    """Away with checkpoints, whole or half written: a killed worker leaves as much as the model and its optimiser. What
    is new may be another worker's that is at the same run, and stays."""
    for one in [f"{key}/{CHECKPOINT}", *store.abandoned(key)]:
        with suppress(FileNotFoundError):  # there was none, or another worker took it
            store.remove(one)


def _save(store: Store, key: str, state: dict[str, Any]) -> None:
    import torch

    with store.writing(key) as to:
        torch.save(state, to.file)


def _state(store: Store, key: str, missing: bool = False) -> dict[str, Any] | None:
    """Weights and optimiser at `key`. Nothing but tensors and numbers is loaded, whoever wrote the file."""
    import torch

    if not store.exists(key):
        if missing:
            return None
        raise WinnowError(f"{store.address(key)}: the run that others start from is not there; carry it out first")
    with on_disk(store.address(key)) as path:
        return torch.load(path, map_location="cpu", weights_only=True)  # type: ignore[no-any-return]
