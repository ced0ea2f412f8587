"""What a process of this machine reaches with the very model: a few seconds of training and measuring, made up.

Where runs are carried out is where they are measured, by the same workers: a thread of a Dask worker on a machine that
does other things beside reaches less than a process of its own. What a step costs beside its tokens is in the figure,
since the batch is the run's own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from curation_lib.valuation.cost import Machine
from curation_lib.valuation.memory import kept_memory
from curation_lib.valuation.pool import Pool, id_type
from curation_lib.valuation.runs import Part, Run

SECONDS, ROUNDS = 9.0, 5
"""Of training, and a third of the seconds of measuring; in so many rounds, of which the middle one counts."""
DOCUMENTS = 60
"""Of the made-up pool that is trained on and measured with."""


class Reached(NamedTuple):
    """training, measuring: tokens per second. start: seconds of a run beside both."""

    training: float
    measuring: float
    start: float


def machine(run: Run, vocabulary: int, once: float, alone: Reached, crowd: Sequence[Reached]) -> Machine:
    """The workers that all trained runs like `run` at once, and one of them alone. once: see Machine."""
    each, workers, threads = run.model.flops_per_token(vocabulary), len(crowd), run.optimisation.threads
    crowding = [alone.training / one.training for one in crowd]  # measuring is a small part of a run
    return Machine(
        name=f"{workers} CPU process{'es' if workers > 1 else ''} of {threads} thread{'s' if threads > 1 else ''}",
        training=alone.training * each,
        measuring=alone.measuring * each / 3,
        workers=workers,
        crowding=max(1.0, sum(crowding) / len(crowding)),
        start=alone.start,
        once=once,
    )


def made_up(vocabulary: int, documents: int, tokens: int) -> Pool:
    """A pool of `documents` random documents with between 1 and 2 * `tokens` tokens."""
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(2, 2 * tokens + 1, size=documents))])
    ids = rng.integers(vocabulary, size=offsets[-1]).astype(id_type(vocabulary))
    digests = rng.integers(2**63, size=documents, dtype=np.uint64)
    return Pool(ids, offsets, digests, 4 * np.diff(offsets), np.zeros(documents, np.int64), vocabulary, 0)


def warmed(run: Run, pool: Pool) -> float:
    """Seconds of a first step of a run like `run`, and a first measurement: what it costs a process once, mostly."""
    began = time.perf_counter()
    with kept_memory():
        _a_step(run, pool)
    return time.perf_counter() - began


def worked(run: Run, pool: Pool, seconds: float = SECONDS) -> Reached:
    """What this process reaches in about `seconds` of training, and a third of that of measuring. The middle one of
    ROUNDS counts: what is on a machine for less than half of them changes little."""
    from curation_lib.valuation.train import Hooks, train

    with kept_memory():
        run = _a_step(run, pool)
        steps = max(3, int(seconds / ROUNDS / train(run, [pool], Hooks()).seconds))
        run = run.model_copy(update={"tokens": steps * run.optimisation.batch_tokens})
        began = time.perf_counter()
        trained = [train(run, [pool], Hooks()) for _ in range(ROUNDS)]
        start = (time.perf_counter() - began - sum(one.seconds for one in trained)) / ROUNDS
        told = [_measuring(trained[0].model, run, pool, seconds / 3 / ROUNDS) for _ in range(ROUNDS)]
    return Reached(run.tokens / median(one.seconds for one in trained), median(told), start)


def _a_step(run: Run, pool: Pool) -> Run:
    """A run of one step like `run`, over the pool, which was trained and measured with: what that costs a process once
    is behind it."""
    from curation_lib.valuation.evaluate import measured
    from curation_lib.valuation.train import Hooks, train

    parts = (Part(pool="made-up", share=1.0, low=0.0, high=1.0, tokens=None),)
    run = run.model_copy(update={"parts": parts, "start": None, "decay": "none", "tokens": 1})
    measured(train(run, [pool], Hooks()).model, run, pool)
    return run


def _measuring(model: Any, run: Run, pool: Pool, seconds: float) -> float:
    """Tokens per second that are measured in about `seconds`."""
    from curation_lib.valuation.evaluate import measured

    began, rounds = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < seconds or not rounds:
        measured(model, run, pool)
        rounds += 1
    return rounds * pool.tokens / took
