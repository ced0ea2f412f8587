"""Seeds that are spread thinly over many parts are asked for together, once, and each part gets its own answers."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from curation_lib.core.stage import Context, Run
from curation_lib.synthetic.generate import STAGE
from tests.runner.corpora import run_steps, simple, simple_inputs
from tests.synthetic.endpoint_server import Server
from tests.synthetic.seeds import Recalled, batch, document, outcomes, settings

MARKS = ("fine", "too_long", "busy", "refusal", "hang")


def test_many_parts_keep_the_server_as_busy_as_one() -> None:
    rows = [document(f"[{MARKS[n % 5]}] Tower {n} of Verrin is {n} metres high.", n) for n in range(40)]
    parts = [[batch([document("No seed.", 1000 + n, None), row])] for n, row in enumerate(rows)]
    memory = Recalled()
    with Server(seconds=0.05) as server:
        config = settings(server.url, concurrency=20, max_wait_seconds=0.1)
        assert STAGE.load is not None
        assert STAGE.ahead is not None
        context = Context(model=STAGE.load(config), memory=memory)
        states = STAGE.ahead(parts, config, context)
        assert server.peak == 20
        tries = server.attempts.total()
        found = [
            STAGE.fn(part[0], config, context._replace(state=state)) for part, state in zip(parts, states, strict=True)
        ]
        assert server.attempts.total() == tries, "neither answers nor failures are asked for again"
    assert [len(state) for state in states] == [int(n % 5 in (1, 2, 4)) for n in range(40)]
    wanted = ["ok", "http_400", "http_429", "refused", "timeout"] * 8
    assert [outcome for result in found for outcome in outcomes(result)] == wanted


def test_equal_requests_of_two_parts_are_asked_once_and_fail_in_both() -> None:
    part = [batch([document("[too_long] The same tower.", 0)])]
    with Server() as server:
        config = settings(server.url)
        assert STAGE.load is not None
        assert STAGE.ahead is not None
        states = STAGE.ahead([part, [], part], config, Context(model=STAGE.load(config), memory=Recalled()))
        assert server.attempts.total() == 1
    assert [len(state) for state in states] == [1, 0, 1]


def test_what_is_asked_ahead_is_announced_once() -> None:
    heard: list[dict[str, int]] = []
    part = [batch([document("The tower of Verrin.", 0)])]
    with Server() as server:
        config = settings(server.url)
        assert STAGE.load is not None
        assert STAGE.ahead is not None
        run = Run(report=lambda tally: heard.append(dict(tally)))
        context = Context(model=STAGE.load(config), memory=Recalled(), run=run)
        (state,) = STAGE.ahead([part], config, context)
        STAGE.fn(part[0], config, context._replace(state=state))
    assert sum(one.get("requests", 0) for one in heard) == 1
    assert sum(one.get("answered", 0) for one in heard) == 1


def test_a_build_of_many_small_batches_keeps_many_requests_under_way(tmp_path: Path) -> None:
    inputs = simple_inputs(tmp_path / "inputs", files=6)
    seeds = {"requests": 40, "languages": ["unknown"], "min_bytes": 100, "forms": {"knowledge_list": 1}}
    with Server(seconds=0.5) as server:
        model = {"endpoint": server.url, "model": "tiny", "model_license": "MIT", "concurrency": 30}
        recipe = simple(inputs, stages=[{"synthetic.seeds": seeds}, {"synthetic.generate": model}])
        build = run_steps(recipe, tmp_path / "store", batch_rows=2, until="synthetic.generate")
        assert server.peak == 30
        assert server.attempts.total() == 40
    assert build.steps[-1].calls == {"look_ahead": 1, "map_documents": 6}
    parts = sorted((tmp_path / "store").glob("datasets/synthetic.generate/*/part-*"))
    assert sum(row["format"] == "synthetic" for part in parts for row in pq.read_table(part).to_pylist()) == 40
