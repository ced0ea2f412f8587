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

LEASE = 600.0
"""Seconds without a sign of life after which another build may take over."""
BEAT = 30.0


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
        held: dict[str, Any] = self.store.find_json(self.key) or {}
        if held.get("owner") == self.owner or _gone(held):
            self.store.put(self.key, self._claim())
            return
        raise StoreError(
            f"a build of {self.corpus!r} is active ({held['owner']} on {held['host']}, "
            f"{time.time() - held['beat']:.0f} s ago); wait for it or stop it. A dead one frees its place after "
            f"{LEASE / 60:.0f} minutes, or remove {self.store.address(self.key)}"
        )

    def beat(self) -> None:
        """Sign of life; writes at most every BEAT seconds."""
        if time.time() - self._beaten > BEAT:
            self.store.put(self.key, self._claim())

    def release(self) -> None:
        held = self.store.find_json(self.key)
        if held is not None and held["owner"] == self.owner:
            self.store.remove(self.key)

    def _claim(self) -> bytes:
        self._beaten = time.time()
        claim = {"owner": self.owner, "host": platform.node(), "pid": os.getpid(), "beat": self._beaten}
        return canonical_json(claim)


def _gone(held: dict[str, Any]) -> bool:
    """Whether the holder gave no sign of life for LEASE seconds, or is a process of this host that has ended."""
    if not held or time.time() - held["beat"] > LEASE:
        return True
    return held["owner"].startswith("process ") and held["host"] == platform.node() and not _runs(held["pid"])


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
    lock = BuildLock(store, corpus, f"process {os.getpid()}")
    lock.take()
    try:
        yield lock
    finally:
        lock.release()
