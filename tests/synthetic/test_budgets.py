"""Budgets and limits hold, whatever is asked and whoever asks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from curation_lib.core.stage import Run
from curation_lib.synthetic.asking import request
from curation_lib.synthetic.budget import Budget
from curation_lib.synthetic.forms import forms
from tests.synthetic.endpoint_server import Server
from tests.synthetic.seeds import Recalled, document, made, outcomes, settings

BOUND = {"max_prompt_bytes": 6000, "max_tokens": 200}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def rows(count: int, mark: str = "") -> list[dict[str, Any]]:
    return [document(f"{mark} Tower {n} of Verrin has stood since {1900 + n}. It is high.", n) for n in range(count)]


def split(found: list[str]) -> tuple[int, int]:
    made = found.index("over_budget") if "over_budget" in found else len(found)
    assert set(found[made:]) <= {"over_budget"}, "the first ranks are made, no other"
    return made, len(found) - made


def test_a_token_budget_is_never_overspent(server: Server) -> None:
    config = settings(server.url, budget_tokens=50_000, **BOUND)
    allowed, over = split(outcomes(made(rows(20), config)))
    each = Budget(config, forms().values()).tokens
    assert each == 2 * (6000 + 64 + 200)
    assert allowed == 50_000 // each == 3
    assert over == 17
    assert server.attempts.total() == allowed
    assert 0 < server.tokens <= 50_000


def test_the_budget_holds_when_every_try_is_billed_and_lost() -> None:
    with Server() as server:
        config = settings(server.url, budget_tokens=50_000, timeout_seconds=0.2, **BOUND)
        found = outcomes(made(rows(20, "[hang]"), config))
    assert found == ["timeout"] * 3 + ["over_budget"] * 17
    billed = server.attempts.total() * (6064 + 200)
    assert billed <= 50_000


def test_a_money_budget_is_never_overspent(server: Server) -> None:
    config = settings(server.url, budget_money=0.05, price_in=1.0, price_out=4.0, **BOUND)
    result = made(rows(20), config)
    allowed, _ = split(outcomes(result))
    assert allowed == int(0.05 / (2 * (6064 * 1.0 + 200 * 4.0) / 1e6)) == 3
    assert 0 < result.tally["cost_millionths"] <= 50_000


def test_the_same_requests_are_made_in_any_parts(server: Server) -> None:
    config = settings(server.url, budget_tokens=90_000, prompt_bytes_per_token=2, **BOUND)
    given = rows(24)
    whole = outcomes(made(given, config))
    assert 5 < whole.index("over_budget") < 20
    parts = [outcomes(made(given[at : at + 5], config, run=Run(workers=2))) for at in range(0, 24, 5)]
    assert [one for part in parts for one in part] == whole


def test_a_prompt_that_is_too_long_is_not_sent(server: Server) -> None:
    given = [document("A long tower. " * 500, 0), *rows(1)]
    assert outcomes(made(given, settings(server.url, **BOUND))) == ["over_budget", "ok"]
    assert server.attempts.total() == 1


def test_a_time_budget_ends_the_asking() -> None:
    with Server(slots=1, seconds=0.2) as server:
        config = settings(server.url, budget_seconds=1, concurrency=1, timeout_seconds=5)
        made(rows(1, "loads the client library"), settings(server.url))
        began = time.time()
        found = outcomes(made(rows(20), config, run=Run(began=began)))
        assert time.time() - began < 2
    assert 2 <= found.count("ok") <= 6
    assert found.count("over_budget") == 20 - found.count("ok")


def test_no_try_begins_later_however_long_its_turn_takes(server: Server) -> None:
    config = settings(server.url, budget_seconds=1, concurrency=4, requests_per_minute=30)
    made(rows(1, "loads the client library"), settings(server.url))
    found = outcomes(made(rows(4), config, run=Run(began=time.time())))
    assert sorted(found) == ["ok", "over_budget", "over_budget", "over_budget"]
    assert server.attempts.total() == 2


def test_time_that_is_used_up_leaves_remembered_answers(server: Server) -> None:
    config, memory = settings(server.url, budget_seconds=1), Recalled()
    made(rows(2), config, memory=memory)
    late = Run(began=time.time() - 2)
    assert outcomes(made(rows(4), config, memory=memory, run=late)) == ["ok", "ok", "over_budget", "over_budget"]
    assert server.attempts.total() == 2


def test_requests_per_minute_are_kept(server: Server) -> None:
    made(rows(8), settings(server.url, requests_per_minute=600))
    times = sorted(server.times)[1:]  # the very first is late: connections are made
    assert 0.45 <= times[-1] - times[0] < 2


def test_limits_are_of_all_workers_together(server: Server) -> None:
    made(rows(6), settings(server.url, requests_per_minute=1200), run=Run(workers=4))
    times = sorted(server.times)[1:]
    assert times[-1] - times[0] >= 4 * 0.15, "a quarter of 20 a second"


def test_tokens_per_minute_are_kept(server: Server) -> None:
    config = settings(server.url, tokens_per_minute=600_000)
    made(rows(6), config)
    likely = [len(body["prompt"]) / 4 + body["max_tokens"] for body in server.bodies]
    times = sorted(server.times)[1:]
    assert times[-1] - times[0] >= 0.75 * sum(sorted(likely)[:4]) * 60 / 600_000


def test_no_more_than_concurrency_is_under_way() -> None:
    with Server(seconds=0.05) as server:
        made(rows(40), settings(server.url, concurrency=6))
        assert server.peak == 6
    with Server(seconds=0.05) as server:
        made(rows(10), settings(server.url, concurrency=6), run=Run(workers=3))
        assert server.peak == 2


def test_what_is_done_is_reported_meanwhile() -> None:
    heard: list[dict[str, int]] = []
    with Server(slots=1, seconds=0.25) as server:
        config = settings(server.url, price_in=1.0, price_out=1.0, timeout_seconds=10)
        made(rows(10), config, run=Run(report=lambda tally: heard.append(dict(tally))))
    assert sum(tally.get("requests", 0) for tally in heard) == 10
    answered = [tally.get("answered", 0) for tally in heard]
    assert sum(answered) == 10
    assert len([n for n in answered if n]) >= 2, "before the end, too"
    assert sum(tally.get("cost_millionths", 0) for tally in heard) == server.tokens


def test_a_schema_counts_as_part_of_the_prompt() -> None:
    form = forms()["knowledge_list"]
    plain, held = (
        request(form, "A text.", settings("http://127.0.0.1:9/v1", api="chat", structured=structured))
        for structured in (False, True)
    )
    messages = sum(len(one["content"].encode()) for one in held.prompt if isinstance(one, dict))
    assert plain.prompt_bytes < held.prompt_bytes
    assert held.prompt_bytes - messages >= len(json.dumps(form.schema, separators=(",", ":")))
