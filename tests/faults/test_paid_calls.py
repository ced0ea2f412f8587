"""Law 4 where answers cost money: after a kill the rerun asks for nothing that was answered, and ends in the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
import yaml

from tests.runner.corpora import build, rows, simple, simple_inputs, tree, write_jsonl
from tests.synthetic.endpoint_server import Server

EXEMPT = ("run.json", "contracts/", "locks/", ".unfinished")
REQUESTS = 24


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(seconds=0.01) as server:
        yield server


def plain(inputs: Path, url: str, **more: Any) -> dict[str, Any]:
    seeds = {"requests": REQUESTS, "languages": ["unknown"], "min_bytes": 100, "forms": {"knowledge_list": 1}}
    model = {"endpoint": url, "model": "tiny", "model_license": "MIT", "concurrency": 4, "timeout_seconds": 60}
    return simple(inputs, stages=[{"synthetic.seeds": seeds}, {"synthetic.generate": {**model, **more}}])


def winnow(*arguments: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from curation_lib.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_answers(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Until so many answers are remembered. The server holds the rest, so that none is under way."""
    end = time.monotonic() + 120
    while len(list(folder.glob("responses/*/*.json"))) < count:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, "no progress"
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    return output


def synthetic(parts: Sequence[Path]) -> list[dict[str, Any]]:
    return [row for part in parts for row in pq.read_table(part).to_pylist() if row["format"] == "synthetic"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """What a build leaves that nobody kills, and its inputs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    inputs = simple_inputs(folder / "inputs", files=4)
    with Server() as server:
        build(plain(inputs, server.url), folder / "store")
        assert server.answered.total() == REQUESTS
    return tree(folder / "store", *EXEMPT), inputs


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_that_is_killed_pays_for_nothing_twice(
    workers: int, undisturbed: tuple[dict[str, str], Path], tmp_path: Path, server: Server
) -> None:
    wanted, inputs = undisturbed
    recipe, store = tmp_path / "recipe.yaml", tmp_path / "store"
    recipe.write_text(yaml.safe_dump(plain(inputs, server.url)))
    command = ("build", recipe, "--store", store, "--workers", workers)
    for count in (3, 13):
        server.hold_after = count
        process = winnow(*command)
        wait_for_answers(process, store, count)
        process.kill()
        process.communicate()
    server.hold_after = None
    output = ended(winnow(*command))
    assert server.answered.total() == REQUESTS
    assert set(server.answered.values()) == {1}, "no answer was given twice"
    assert "synthetic.generate.ok 24" in output
    assert tree(store, *EXEMPT) == wanted


@pytest.mark.timeout(600)
def test_a_worker_that_is_killed_pays_for_nothing_twice(
    undisturbed: tuple[dict[str, str], Path], tmp_path: Path, server: Server
) -> None:
    wanted, inputs = undisturbed
    recipe, store = tmp_path / "recipe.yaml", tmp_path / "store"
    recipe.write_text(yaml.safe_dump(plain(inputs, server.url)))
    command = ("build", recipe, "--store", store, "--workers", 2)
    server.hold_after = 9
    process = winnow(*command)
    wait_for_answers(process, store, 9)
    asking = [
        c.pid for c in psutil.net_connections("tcp") if c.raddr and c.raddr.port == int(server.url.split(":")[2][:-3])
    ]
    victim = next(p for p in psutil.Process(process.pid).children(recursive=True) if p.pid in asking)
    victim.kill()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "a worker process died" in output
    server.hold_after = None
    ended(winnow(*command))
    assert set(server.answered.values()) == {1}
    assert tree(store, *EXEMPT) == wanted


@pytest.mark.timeout(600)
def test_a_stage_on_files_that_is_killed_pays_for_nothing_twice(tmp_path: Path, server: Server) -> None:
    inputs, output = write_jsonl(tmp_path / "in.jsonl", rows(0, 12)), tmp_path / "out"
    settings = {
        "synthetic.seeds.requests": 10, "synthetic.seeds.languages": "[unknown]", "synthetic.generate.endpoint": server.url,
        "synthetic.generate.model": "tiny", "synthetic.generate.model_license": "MIT",
    }  # fmt: skip
    pairs = [one for key, value in settings.items() for one in ("--set", f"{key}={value}")]
    command = (
        "stage",
        "synthetic.seeds,synthetic.generate",
        "--input",
        inputs,
        "--output",
        output,
        "--workers",
        1,
        *pairs,
    )
    server.hold_after = 4
    process = winnow(*command)
    wait_for_answers(process, tmp_path / "out.answers", 4)
    process.kill()
    process.communicate()
    server.hold_after = None
    ended(winnow(*command))
    assert server.answered.total() == 10
    assert set(server.answered.values()) == {1}
    children = synthetic(sorted(output.glob("part-*.parquet")))
    assert len(children) == 10
    assert server.answered.total() == len(list((tmp_path / "out.answers").rglob("*.json")))


@pytest.mark.timeout(600)
def test_budgets_choose_the_same_requests_whoever_works(tmp_path: Path, server: Server) -> None:
    inputs = simple_inputs(tmp_path / "inputs", files=4)
    bounds = {"budget_tokens": 400_000, "max_prompt_bytes": 10_000, "max_tokens": 200}
    recipe = plain(inputs, server.url, **bounds)
    one, two = tmp_path / "one", tmp_path / "two"
    build(recipe, one, workers=1, until="synthetic.generate")
    asked = server.attempts.total()
    assert asked == 400_000 // (2 * (10_000 + 64 + 200)) == 19
    assert server.tokens <= 400_000
    build(recipe, two, workers=2, until="synthetic.generate", batch_rows=3)
    assert server.attempts.total() == 2 * asked
    assert tree(one, *EXEMPT) == tree(two, *EXEMPT)
    outcomes = [
        dict(row["metadata"])["synthetic_outcome"]
        for row in synthetic(sorted(one.glob("datasets/synthetic.generate/*/part-*")))
    ]
    assert sorted(outcomes) == ["ok"] * 19 + ["over_budget"] * (REQUESTS - 19)


@pytest.mark.timeout(600)
def test_a_rerun_is_free_and_another_endpoint_asks_for_nothing(tmp_path: Path, server: Server) -> None:
    inputs, store = simple_inputs(tmp_path / "inputs", files=2), tmp_path / "store"
    first = build(plain(inputs, server.url), store)
    asked = server.attempts.total()
    elsewhere = build(plain(inputs, "http://127.0.0.1:9/v1", concurrency=1), store)
    assert (elsewhere.build_id, server.attempts.total()) == (first.build_id, asked)
    assert {step.state for step in elsewhere.steps} == {"reused"}
    more = build(plain(inputs, "http://127.0.0.1:9/v1", retries=0), store)
    step = next(step for step in more.steps if step.step == "synthetic.generate")
    assert step.state == "computed", "made again, from memory"
    assert server.attempts.total() == asked
    assert json.dumps(step.counts["tally"]) == json.dumps(
        next(s for s in first.steps if s.step == "synthetic.generate").counts["tally"]
    )
