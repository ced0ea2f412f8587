"""A stack of a test's own, driven as an operator drives it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from infra.local import processes, stack
from infra.local.settings import PORT_VARIABLES, Settings, load

ROOT = Path(stack.__file__).parents[2]


class Machine:
    """One stack, driven as an operator does: by commands, in a folder of its own."""

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        named = {PORT_VARIABLES[name]: str(port) for name, port in ports.items()}
        dropped = ("STORE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")
        base = {key: value for key, value in os.environ.items() if key not in dropped}
        self.environ = base | named | {"WINNOW_HOME": str(home)}

    def run(self, command: str, code: int = 0, **changes: str) -> str:
        line = [sys.executable, "-m", "infra.local", command]
        shell = self.environ | changes
        done = subprocess.run(line, cwd=ROOT, env=shell, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def settings(self) -> Settings:
        return load(self.environ, ROOT)

    def pid(self, program: str) -> int:
        return int(processes.states(processes.connect(self.settings))[program]["pid"])

    def eventually(self, command: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not stack.is_healthy(stack.health(self.settings)):
            assert time.monotonic() < deadline, f"{command}: {stack.health(self.settings)}"
            time.sleep(0.5)
