"""The local stack with the test's own recipes, one for all tests of this folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Page

from curation_lib.runner.store import Store
from infra.local import processes
from infra.local.settings import PORT_VARIABLES
from tests.end_to_end.browser import logged_in
from tests.end_to_end.corpus import write_inputs, write_recipe
from tests.end_to_end.running import SMALL, Stack, dask_worker, finish, kill_when, start
from tests.infra.machine import Machine
from tests.plugins import valuations
from tests.plugins.models import write_documents, write_model_recipe

IMPOSSIBLE = {"frame": "metrics", "type": "ExpectColumnValuesToBeBetween", "column": "share_en", "min_value": 0.99}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, up, with the recipes `small` and `strict` (whose gate behind exact dedup cannot hold)."""
    folder = tmp_path_factory.mktemp("e2e")
    recipes = folder / "recipes"
    recipes.mkdir()
    write_inputs(folder / "inputs")
    write_recipe(recipes / "small.yaml", "small", folder / "inputs")
    write_recipe(recipes / "strict.yaml", "strict", folder / "inputs", gates={"dedup.exact": [IMPOSSIBLE]})
    write_documents(folder / "labels")
    write_model_recipe(folder / "models", folder / "labels")
    valuations.write_documents(folder / "valued")
    valuations.write_valuation(
        folder / "valuations", folder / "valued", seeds=2, trunk=32_768, anneal=2_048, checkpoint=4_096
    )
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORT_VARIABLES]
        ports = {name: s.getsockname()[1] for name, s in zip(PORT_VARIABLES, sockets, strict=True)}
    machine = Machine(tmp_path_factory.mktemp("s"), ports)
    machine.environ["WINNOW_RECIPES"] = str(recipes)
    machine.environ["WINNOW_MODEL_RECIPES"] = str(folder / "models")
    machine.environ["WINNOW_VALUATIONS"] = str(folder / "valuations")
    try:
        machine.run("up")
        made = Stack(machine, recipes)
        before = {name: os.environ.get(name) for name in made.environ}
        os.environ.update(made.environ)
        yield made
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    finally:
        machine.run("down")
        processes.end(processes.members(machine.settings))


@pytest.fixture(scope="module")
def page(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A logged-in page of the Airflow UI."""
    with logged_in(stack, tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="session")
def disturbed(stack: Stack) -> dict[str, Any]:
    """A build whose Dask worker dies in dedup and whose Airflow scheduler dies in filtering."""
    store = Store(stack.store)
    run_id = start(stack, SMALL)
    dedup = kill_when(store, "work/dedup.minhash", "keys-", lambda: dask_worker(stack))
    filtering = kill_when(
        store, "scores/filters.gopher_repetition", "part-", lambda: stack.machine.pid("airflow-scheduler")
    )
    state = finish(stack, SMALL, run_id)
    return {"store": store, "run_id": run_id, "dedup": dedup, "filtering": filtering, "state": state}
