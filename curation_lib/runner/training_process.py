"""One process that trains a run and measures what it was trained to."""

from __future__ import annotations

import time

from curation_lib.runner.benchmarks import answered
from curation_lib.runner.pools import opened
from curation_lib.runner.reports import Heard, Paced, reporting
from curation_lib.runner.run_files import CHECKPOINT, STATE, key_of, load_state, put_result, save_state
from curation_lib.runner.store import Store
from curation_lib.valuation.evaluate import measured
from curation_lib.valuation.memory import kept_memory
from curation_lib.valuation.pool import Pool
from curation_lib.valuation.runs import Run, RunResult
from curation_lib.valuation.train import Hooks, Trained, rank, train


def train_here(store: Store, run: Run) -> None:
    """Train and measure in this process, or as one of torchrun's; the first of them writes to the store."""
    begun = time.perf_counter()
    with kept_memory():
        pools = [opened(store, part.pool) for part in run.parts]
        report = Paced(reporting())
        done = train(run, pools, _hooks(store, run, report))
        report.close()
        if rank() == 0:
            put_result(store, run, _told(store, run, done, pools[0], begun))


def _hooks(store: Store, run: Run, report: Heard) -> Hooks:
    """Of several processes, the first alone saves and reports."""
    checkpoint = f"{key_of(run)}/{CHECKPOINT}"
    resumed = load_state(store, checkpoint, missing=True)
    start = load_state(store, f"{key_of(run.start)}/{STATE}") if run.start is not None and resumed is None else None
    if rank() != 0:
        return Hooks(start, resumed)
    return Hooks(
        start,
        resumed,
        lambda state: save_state(store, checkpoint, state),
        lambda tokens: report({"tokens": tokens}),
    )


def _told(store: Store, run: Run, done: Trained, pool: Pool, begun: float) -> RunResult:
    """What the trained model measures and answers; its state is kept where others start from it."""
    ready = time.perf_counter()
    losses = {name: measured(done.model, run, opened(store, place)) for name, place in run.measures.items()}
    if run.keep:
        save_state(store, f"{key_of(run)}/{STATE}", done.state(run.keep == "weights"))
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
