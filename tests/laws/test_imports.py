"""Law 8: nothing happens at import. No client, file or environment read at module level, and never Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
"""More than any machine needs; without Great Expectations it is 3 s on an idle one."""
SCRIPT = """
import importlib, json, os, pathlib, pkgutil, sys
sys.dont_write_bytecode = True
sys.modules["airflow"] = None
import curation_lib
ours = os.path.dirname(curation_lib.__file__) + os.sep
passed = (os.__file__, pathlib.__file__, "<frozen os>")
events = []

def by_us(frame):
    while frame is not None and frame.f_code.co_filename in passed:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(ours)

def hook(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork"):
        events.append([event, str(args)[:200]])
    elif event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        if not str(args[0]).endswith("__pycache__"):  # numba asks whether it may keep its kernels there
            events.append(["write", str(args[0])])
    elif event == "open" and by_us(sys._getframe(1)):
        events.append(["read", str(args[0])])

class Watched(type(os.environ)):
    def __getitem__(self, key):
        if by_us(sys._getframe(1)):
            events.append(["environment", str(key)])
        return super().__getitem__(key)

    def get(self, key, default=None):
        if by_us(sys._getframe(1)):
            events.append(["environment", str(key)])
        return super().get(key, default)

os.environ.__class__ = Watched
sys.addaudithook(hook)
names = sorted(m.name for m in pkgutil.walk_packages(curation_lib.__path__, "curation_lib."))
for name in names:
    importlib.import_module(name)
heavy = [m for m in ("great_expectations", "fasttext", "distributed", "datasets", "torch") if m in sys.modules]
if len(sys.argv) > 1:
    exec(sys.argv[1], {"__file__": ours + "planted.py"})
print(json.dumps({"modules": names, "events": events, "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    return run()


def run(*planted: str) -> dict[str, list[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WINNOW_", "AWS_"))}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *planted],
        capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_module_imports_without_airflow(imported: dict[str, list[str]]) -> None:
    files = [
        p for p in (ROOT / "curation_lib").rglob("*.py") if p.parent != ROOT / "curation_lib" or p.name != "__init__.py"
    ]
    assert len(imported["modules"]) == len(files)


def test_nothing_is_written_connected_or_started(imported: dict[str, list[str]]) -> None:
    assert imported["events"] == []


def test_what_is_slow_to_import_waits_until_it_is_used(imported: dict[str, list[str]]) -> None:
    assert imported["heavy"] == []


@pytest.mark.parametrize(
    "planted",
    [
        "open('/dev/null', 'w')",
        "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
        "exec(compile(\"import os; os.environ.get('HOME')\", __file__, 'exec'))",
        "exec(compile(\"import os; os.environ['HOME']\", __file__, 'exec'))",
        "exec(compile(\"open('/dev/null')\", __file__, 'exec'))",
        "exec(compile(\"import pathlib; pathlib.Path('/dev/null').read_text()\", __file__, 'exec'))",
    ],
)
def test_it_would_be_noticed(planted: str) -> None:
    assert run(planted)["events"] != []
