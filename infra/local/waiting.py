"""Waiting for a process of the stack, and saying why when it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from infra.local import processes
from infra.local.errors import StackError
from infra.local.settings import Settings

TAIL = 15


class Waiting:
    """Waits with one deadline for all parts: ``WINNOW_START_TIMEOUT`` seconds from its making."""

    def __init__(self, settings: Settings, remote: Any, say: Callable[[str], None]) -> None:
        self._settings, self._remote, self._say = settings, remote, say
        self._start = time.monotonic()

    def until(self, what: str, ready: Callable[[], bool]) -> None:
        """Return when ``ready()``. Raises StackError if time runs out or a program gives up."""
        while not ready():
            dead = [name for name, info in processes.states(self._remote).items() if info["statename"] == "FATAL"]
            if dead:
                raise StackError(f"{dead[0]} does not stay up; {self._log(dead[0])}")
            if time.monotonic() - self._start > self._settings.start_timeout:
                limit = f"{self._settings.start_timeout} s (WINNOW_START_TIMEOUT)"
                raise StackError(f"{what}: not healthy after {limit}; logs are in {self._settings.log_dir}")
            time.sleep(0.25)
        self._say(f"{what}: healthy ({time.monotonic() - self._start:.0f} s)")

    def _log(self, program: str) -> str:
        file = self._settings.log_dir / f"{program}.log"
        lines = file.read_text(errors="replace").splitlines() if file.exists() else []
        return f"the end of {file}:\n" + "\n".join(lines[-TAIL:])
