"""One build of every registered stage, shared by the laws that look at what a build leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curation_lib.runner.build import Build
from curation_lib.runner.store import Store
from tests.laws.stage_table import SETTINGS, every_stage
from tests.runner.corpora import run_steps, write_inputs
from tests.synthetic.endpoint_server import Server


@dataclass(frozen=True)
class Built:
    """A finished build: its inputs, the recipe as plain data, where its store lies."""

    inputs: Path
    recipe: dict[str, Any]
    folder: Path
    build: Build

    @property
    def store(self) -> Store:
        return Store(str(self.folder))


@pytest.fixture(scope="session", autouse=True)
def endpoint() -> Iterator[Server]:
    """What synthetic.generate asks: a real server, the same answer to the same question."""
    with Server() as server, pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS["synthetic.generate"], "endpoint", server.url)
        yield server


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every stage, one worker, the default batches."""
    root = tmp_path_factory.mktemp("laws")
    recipe = every_stage(write_inputs(root / "inputs"))
    return Built(root / "inputs", recipe, root / "store", run_steps(recipe, root / "store"))
