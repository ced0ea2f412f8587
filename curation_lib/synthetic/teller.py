"""Waits for outcomes, and tells the task's log meanwhile what has come of a client's requests."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Future, wait
from typing import TypeVar

from curation_lib.core.stage import Run

REPORT_SECONDS = 1.0
Found = TypeVar("Found")


class Teller:
    """Reports what is new in the tally now and then, from the thread that waits."""

    def __init__(self, run: Run) -> None:
        self.tally: Counter[str] = Counter()
        self._run, self._said, self._at = run, Counter[str](), time.monotonic()

    def waited(self, future: Future[Found]) -> Found:
        """What the future came to. Raises what it raised."""
        while True:
            if time.monotonic() - self._at > REPORT_SECONDS:
                self.tell()
            wait([future], REPORT_SECONDS)
            if future.done():
                return future.result()

    def tell(self) -> None:
        """Report what is new since the last time."""
        now = Counter(dict(self.tally))
        if new := now - self._said:
            self._run.report(new)
        self._said, self._at = now, time.monotonic()
