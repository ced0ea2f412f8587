"""What the terminal shows of a DAG run: each task once per state, progress in between, the price of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local import follow
from infra.local.follow import Follower, progress, summary

PLANNED = {"runs": 31, "tokens": 7_915_200, "flops": 1e13, "hours": 0.1, "money": 0.02, "currency": "USD"}
LOG = [
    "trunk on tcp://127.0.0.1:8786, store s3://winnow",
    "trunk: train 0/1",
    "trunk: tokens 143,360 (16,375 tokens/s)",
    "Found endpoint for s3 via: environment_global.",
]


class Airflow:
    """A run, look by look: its tasks' states. Only `trunk` has something to say meanwhile."""

    def __init__(self, *looks: dict[str, str]) -> None:
        self.looks = list(looks)

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return {"state": "running"}

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        states = self.looks.pop(0)
        return [
            {"task_id": name, "state": state, "start_date": n, "duration": 61.0, "try_number": 1}
            for n, (name, state) in enumerate(states.items())
        ]

    def result(self, dag_id: str, run_id: str, task: str) -> Any:
        return {"plan": PLANNED, "trunk": {"trained": 1}}[task]

    def log(self, dag_id: str, run_id: str, task: str, number: int) -> list[str]:
        return LOG if task == "trunk" else []


def test_a_run_is_shown_with_price_progress_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    looks: list[dict[str, str]] = [
        {"plan": "running"},
        {"plan": "success", "trunk": "running"},
        {"plan": "success", "trunk": "running"},
        {"plan": "success", "trunk": "success", "approve": follow.WAITS},
    ]
    follower = Follower(Airflow(*looks), "dataset_valuation", "manual", every=0)  # type: ignore[arg-type]
    assert follower.follow(pause=0) == follow.WAITS
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["plan", "running"],
        ["plan", "success"],
        ["trunk", "running"],
        ["trunk:", "tokens"],
        ["trunk", "success"],
        ["approve", follow.WAITS],
    ]
    said = [" ".join(line) for line in lines]
    assert "plan success 61.0 s 31 runs on 7,915,200 tokens to train: about 6 min, 0.02 USD" in said
    assert "trunk: tokens 143,360 (16,375 tokens/s); about 6 min left of the training" in said
    assert "trunk success 61.0 s 1 trained now" in said


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (LOG, LOG[2]),
        ([*LOG, "anneal: train 12/30", "done"], "anneal: train 12/30"),
        (["dedup.exact: key 3/10 shards"], "dedup.exact: key 3/10 shards"),
        (["page: http://127.0.0.1/winnow/valuations/a/0"], ""),
        ([], ""),
    ],
)
def test_progress_is_the_last_line_that_tells_it(log: list[str], said: str) -> None:
    assert progress(log) == said


def test_a_build_is_told_by_state_and_counts() -> None:
    assert summary({"state": "reused", "rows_in": 1200, "kept": 7}) == "reused, 1,200 in, 7 kept"
    assert summary({"runs": 30, "trained": 12}) == "12 of 30 runs trained now"
    assert summary({"page": "x"}) == ""
