"""What each tool is told. Every command first clears its own output; two workers each."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.install import python
from tests.benchmarks.measure import ROOT

Command = Sequence[str]


def place(out: Path, name: str) -> str:
    """Where the tool called `name` writes."""
    return str(out / name.replace(" ", "_").replace(",", ""))


def ours(stages: str, text: Path, output: str, *more: str) -> Command:
    """`winnow stage` on JSON lines."""
    winnow = str(Path(sys.executable).with_name("winnow"))
    told = ["--input", f"{text}/jsonl_gz", "--output", output, "--workers", "2", *more]
    return fresh(output, [winnow, "stage", stages, *told])


def peer(home: str, script: str, text: Path, output: str, *more: str) -> Command:
    """A peer's script in its own environment; RuntimeError where that is not installed."""
    file = ROOT / "tests" / "benchmarks" / "peers" / script
    return fresh(output, [str(python(home)), str(file), str(text), output, *more])


def fresh(output: str, command: Command) -> Command:
    return ["sh", "-c", f'rm -rf "{output}"; exec "$@"', "sh", *command]


def machine() -> str:
    """What the figures were taken on."""
    model = next(x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in x)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"
