"""A Dask cluster generates the bytes that one process generates, and tells the driver how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import LocalCluster

from curation_lib.core.recipe import parse_recipe
from curation_lib.runner import reports
from curation_lib.runner.build import new_session, upstream_manifests
from curation_lib.runner.dask import DaskScheduler
from curation_lib.runner.plan import plan
from curation_lib.runner.steps import run_step
from curation_lib.runner.store import Store
from tests.runner.corpora import run_steps, simple, simple_inputs, tree
from tests.synthetic.endpoint_server import Server


def test_a_cluster_gives_the_same_bytes_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "LINE_SECONDS", 0.2)
    inputs = simple_inputs(tmp_path / "inputs", files=4)
    seeds = {"requests": 24, "languages": ["unknown"], "min_bytes": 100}
    said: list[str] = []
    with Server(seconds=0.3) as server:
        model = {"endpoint": server.url, "model": "tiny", "model_license": "MIT", "concurrency": 4}
        recipe = simple(inputs, stages=[{"synthetic.seeds": seeds}, {"synthetic.generate": model}])
        run_steps(recipe, tmp_path / "one", until="synthetic.generate")
        with (
            LocalCluster(
                n_workers=2, threads_per_worker=2, dashboard_address="127.0.0.1:0", host="127.0.0.1"
            ) as cluster,
        ):
            server.peak = 0
            on_cluster(recipe, tmp_path / "two", cluster.scheduler_address, said)
            assert server.peak == 4, "of both workers together"
    assert tree(tmp_path / "one", "run.json") == tree(tmp_path / "two", "run.json")
    assert any(line.startswith("synthetic.generate: requests 24, ") and "answered" in line for line in said), said


def on_cluster(recipe: dict[str, object], store: Path, address: str, said: list[str]) -> None:
    parsed, scheduler = parse_recipe(recipe), DaskScheduler(address)
    session = new_session(parsed, Store(str(store)), scheduler, tell=said.append)
    directories: dict[str, str] = {}
    try:
        for step in plan(parsed):
            made = run_step(step, upstream_manifests(step, directories, session.store), session)
            directories[step.id] = made.directory
            if step.id == "synthetic.generate":
                return
    finally:
        scheduler.close()
