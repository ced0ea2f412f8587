"""Keeps a corpus's build lock for a DAG run while one of its tasks works.

The lock belongs to the run, not to the task: it is let go when the run ends (record task, callbacks) or is
stopped, and its lease covers the pauses between tasks.
"""

from __future__ import annotations

import threading
from types import TracebackType

from curation_lib.core.errors import StoreError
from curation_lib.runner.lock import BEAT, BuildLock


class Holding:
    """`with Holding(lock) as held:` takes the lock and shows life until the block ends. `interval` is in seconds."""

    def __init__(self, lock: BuildLock, interval: float = BEAT) -> None:
        self.lock, self.interval = lock, interval
        self.lost: StoreError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="build-lock", daemon=True)

    def __enter__(self) -> Holding:
        self.lock.take()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        # take(), not beat(): it refuses to overwrite the lock of a build that has stepped in meanwhile.
        while not self._ended.wait(self.interval):
            try:
                self.lock.take()
            except StoreError as e:
                self.lost = e if self._taken_over() else None  # a store that fails once is no reason to stop

    def _taken_over(self) -> bool:
        try:
            held = self.lock.store.find_json(self.lock.key)
        except StoreError:
            return False
        return held is not None and held["owner"] != self.lock.owner

    def require(self) -> None:
        """Raise StoreError if another build holds the lock by now: two would write the same records."""
        if self.lost is not None:
            raise self.lost

    def end(self) -> None:
        """Show no more life and let the lock go: the run is being stopped."""
        self._ended.set()
        self.lock.release()
