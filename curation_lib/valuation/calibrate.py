"""Measures this machine with the very model: a few seconds of training and measuring, alone and with its workers busy.

Each worker is a process of its own (`python -m curation_lib.valuation.calibrate`): it gets the run as JSON, says that
it is ready, waits for a line, works, and says what it reached. All begin together. What a step costs beside its tokens
is in the figure, since the batch is the run's own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from curation_lib.core.errors import WinnowError
from curation_lib.valuation.cost import Machine
from curation_lib.valuation.memory import kept_memory
from curation_lib.valuation.pool import Pool, id_type
from curation_lib.valuation.runs import Part, Run

SECONDS, ROUNDS = 6.0, 3
"""Of training, and half of the seconds of measuring; in so many pieces, of which the fastest counts."""
DOCUMENTS = 60
"""Of the made-up pool that is trained on and measured with."""


def calibrate(run: Run, vocabulary: int, beside: int, workers: int, document_tokens: int = 300) -> Machine:
    """This machine with `beside` processes at once that each train runs like `run`, as one of those on which `workers`
    are at work. document_tokens: of the measured documents, on average. Raises WinnowError where a process fails."""
    order = {"run": run.model_dump(mode="json"), "vocabulary": vocabulary, "document_tokens": document_tokens}
    alone = _reached([order])[0]
    crowd = _reached([order] * beside) if beside > 1 else [alone]
    crowding = [_seconds(one) / _seconds(alone) for one in crowd]
    each = run.model.flops_per_token(vocabulary)
    return Machine(
        name=_named(workers, beside, run.optimisation.threads),
        training=alone["training"] * each,
        measuring=alone["measuring"] * each / 3,
        workers=workers,
        crowding=max(1.0, sum(crowding) / len(crowding)),
        start=alone["start"],
        once=alone["once"],
    )


def _named(workers: int, beside: int, threads: int) -> str:
    said = f"{workers} CPU process{'es' if workers > 1 else ''} of {threads} thread{'s' if threads > 1 else ''}"
    return f"{said}, {beside} on a machine" if beside < workers else said


def _seconds(reached: dict[str, float]) -> float:
    """Of a token trained; measuring is a small part of a run."""
    return 1 / reached["training"]


def _reached(orders: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """Tokens per second of training and measuring, and seconds of a start, of processes that work at once."""
    command = [sys.executable, "-m", "curation_lib.valuation.calibrate"]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in orders]
    try:
        for one, order in zip(started, orders, strict=True):
            _say(one, orjson.dumps(order))
        for one in started:
            _heard(one)
        for one in started:
            _say(one, b"go")
        return [orjson.loads(_heard(one)) for one in started]
    finally:
        for one in started:
            one.kill()
            one.communicate()


def _say(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def _heard(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise WinnowError("a process that measures this machine ended early; is requirements-train.txt installed?")
    return line


def made_up(vocabulary: int, documents: int, tokens: int) -> Pool:
    """A pool of `documents` random documents with between 1 and 2 * `tokens` tokens."""
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(2, 2 * tokens + 1, size=documents))])
    ids = rng.integers(vocabulary, size=offsets[-1]).astype(id_type(vocabulary))
    digests = rng.integers(2**63, size=documents, dtype=np.uint64)
    return Pool(ids, offsets, digests, 4 * np.diff(offsets), np.zeros(documents, np.int64), vocabulary, 0)


def worked(run: Run, pool: Pool, seconds: float) -> dict[str, float]:
    """Tokens per second that this process trains and measures, in the best of ROUNDS that take about `seconds` and
    half of that in all, and what a start takes: what else comes and goes on a machine only makes a round slower."""
    from curation_lib.valuation.train import Hooks, train

    run = a_step(run, pool)
    steps = max(3, int(seconds / ROUNDS / train(run, [pool], Hooks()).seconds))
    run = run.model_copy(update={"tokens": steps * run.optimisation.batch_tokens})
    began = time.perf_counter()
    trained = [train(run, [pool], Hooks()) for _ in range(ROUNDS)]
    start = (time.perf_counter() - began - sum(one.seconds for one in trained)) / ROUNDS
    told = [_measuring(trained[0].model, run, pool, seconds / 2 / ROUNDS) for _ in range(ROUNDS)]
    return {"training": run.tokens / min(one.seconds for one in trained), "measuring": max(told), "start": start}


def a_step(run: Run, pool: Pool) -> Run:
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


def main() -> None:
    """One worker."""
    order = orjson.loads(sys.stdin.readline())
    run = Run.model_validate(order["run"])
    pool = made_up(order["vocabulary"], DOCUMENTS, order["document_tokens"])
    began = time.perf_counter()
    with kept_memory():
        a_step(run, pool)
        once = time.perf_counter() - began
        print("ready", flush=True)
        sys.stdin.readline()
        print(orjson.dumps({**worked(run, pool, SECONDS), "once": once}).decode(), flush=True)


if __name__ == "__main__":
    main()
