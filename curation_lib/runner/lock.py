"""One active build per corpus: a lock in the store, taken over when its holder is gone."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curation_lib.core.errors import StoreError
from curation_lib.runner.store import Store, canonical_json

PROCESS = "process "
LEASE = 600.0
"""Seconds without a sign of life after which another build may take over."""
BEAT = 30.0
SETTLE = 1.0
"""Seconds that others who saw the same dead lock have to write their claims; the last one written holds."""


class BuildLock:
    """The lock of one corpus. `owner` names the build that holds it; the same owner may take it again."""

    def __init__(self, store: Store, corpus: str, owner: str) -> None:
        self.store, self.owner = store, owner
        self.corpus, self.key = corpus, f"locks/{corpus}.json"
        self._beaten = 0.0

    def take(self) -> None:
        """Hold the lock; StoreError, naming the holder, where another build is active."""
        if self.store.create(self.key, self._claim()):
            return
        held = self._held()
        if self._mine(held):
            self.store.put(self.key, self._claim())
        elif _gone(held):
            self._take_over()
        else:
            raise self._active(held)

    def _take_over(self) -> None:
        """Of several that find a dead lock at once, the last to write its claim holds; the others give way."""
        self.store.put(self.key, self._claim())
        time.sleep(SETTLE)
        if not self._mine(held := self._held()):
            raise self._active(held)

    def beat(self) -> None:
        """Sign of life, written at most every BEAT seconds; StoreError where another build has taken over."""
        if time.time() - self._beaten > BEAT:
            if (held := self._held()) and not self._mine(held):
                raise self._active(held)
            self.store.put(self.key, self._claim())

    def release(self) -> None:
        if self._mine(self._held()):
            self.store.remove(self.key)

    def _held(self) -> dict[str, Any]:
        held: dict[str, Any] = self.store.find_json(self.key) or {}
        return held

    def _mine(self, held: dict[str, Any]) -> bool:
        """A process is known by its number on its host only."""
        if not held or held["owner"] != self.owner:
            return False
        return not self.owner.startswith(PROCESS) or bool(held["host"] == platform.node())

    def _active(self, held: dict[str, Any]) -> StoreError:
        who = f"{held['owner']} on {held['host']}, {time.time() - held['beat']:.0f} s ago" if held else "just ended"
        return StoreError(
            f"a build of {self.corpus!r} is active ({who}); wait for it or stop it. A dead one frees its place "
            f"after {LEASE / 60:.0f} minutes, or remove {self.store.address(self.key)}"
        )

    def _claim(self) -> bytes:
        self._beaten = time.time()
        claim = {"owner": self.owner, "host": platform.node(), "pid": os.getpid(), "beat": self._beaten}
        return canonical_json(claim)


def _gone(held: dict[str, Any]) -> bool:
    """Whether the holder gave no sign of life for LEASE seconds, or is a process of this host that has ended."""
    if not held or time.time() - held["beat"] > LEASE:
        return True
    return held["owner"].startswith(PROCESS) and held["host"] == platform.node() and not _runs(held["pid"])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def locked(store: Store, corpus: str) -> Iterator[BuildLock]:
    """The lock of a corpus for as long as this process builds it."""
    lock = BuildLock(store, corpus, f"{PROCESS}{os.getpid()}")
    lock.take()
    try:
        yield lock
    finally:
        lock.release()
