"""What workers tell the process that runs the build while they are at it: how many of what are done."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from curation_lib.core.stage import unheard

Heard = Callable[[Mapping[str, int]], None]
"""Takes how many more of what are done."""
Tell = Callable[[str], None]
"""Says one line in the task's log or on the terminal; from any thread."""

_heard: ContextVar[Heard] = ContextVar("heard", default=unheard)
LINE_SECONDS = 5.0
"""At most one line in this time."""
REPORT_SECONDS = 1.0
"""Between two reports of work that could make dozens a second: each wakes threads here, at the scheduler and there."""
MONEY = "cost_millionths"
"""A count of millionths of the currency that prices are in; lines show it in whole ones."""


def untold(line: str) -> None:
    """Shows nothing."""


@contextmanager
def heard_by(sink: Heard) -> Iterator[None]:
    """Within this block, in this thread, work reports to `sink`."""
    token = _heard.set(sink)
    try:
        yield
    finally:
        _heard.reset(token)


def reporting() -> Heard:
    """Where work in this thread reports to."""
    return _heard.get()


def tally_line(tally: Mapping[str, int]) -> str:
    """Counts in words: `answered 1,200, prompt_tokens 80,112, cost 0.0311`."""
    shown = {k: f"{n:,}" for k, n in tally.items() if not k.endswith(MONEY)}
    spent = {k.removesuffix("_millionths"): f"{n / 1e6:.4f}" for k, n in tally.items() if k.endswith(MONEY)}
    return ", ".join(f"{name} {n}" for name, n in {**shown, **spent}.items())


class Paced:
    """Passes reports on at most once in `seconds`, added up; `close` passes on what is left."""

    def __init__(self, heard: Heard, seconds: float = REPORT_SECONDS) -> None:
        self._heard, self._seconds = heard, seconds
        self._sums: Counter[str] = Counter()
        self._told = time.monotonic()

    def __call__(self, tally: Mapping[str, int]) -> None:
        self._sums.update(tally)
        if time.monotonic() - self._told >= self._seconds:
            self.close()

    def close(self) -> None:
        if self._sums:
            self._heard(self._sums)
        self._sums, self._told = Counter(), time.monotonic()


class Sums:
    """Adds up what all workers of a step report and says it, now and then; of what is `paced` how much a second."""

    def __init__(self, step: str, tell: Tell, paced: str = "") -> None:
        self._step, self._tell, self._paced = step, tell, paced
        self._sums: Counter[str] = Counter()
        self._lock, self._said, self._began = threading.Lock(), 0.0, time.monotonic()

    def __call__(self, tally: Mapping[str, int]) -> None:
        with self._lock:
            self._sums.update(tally)
            if time.monotonic() - self._said < LINE_SECONDS:
                return
            self._said = time.monotonic()
            line = f"{self._step}: {tally_line(self._sums)}{self._pace()}"
        self._tell(line)

    def _pace(self) -> str:
        seconds = self._said - self._began
        if not self._paced or seconds <= 0:
            return ""
        return f" ({self._sums[self._paced] / seconds:,.0f} {self._paced}/s)"
