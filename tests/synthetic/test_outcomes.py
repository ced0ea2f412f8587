"""Whatever an endpoint does, each request leaves one child that says what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.synthetic.endpoint_server import Server
from tests.synthetic.seeds import Recalled, children, document, made, outcomes, settings

TEXT = "The [{}] tower of Verrin has stood since 1931. It is 42 metres high. Two towns see it from afar."
EXPECTED = {
    "fine": ("ok", 1),
    "noise": ("format", 1),
    "refusal": ("refused", 1),
    "filtered": ("refused", 1),
    "cut_short": ("truncated", 1),
    "cut_json": ("format", 1),
    "empty": ("empty", 1),
    "half_pair": ("ok", 1),
    "huge_counts": ("ok", 1),
    "duplicate": ("ok", 1),
    "copy": ("ok", 1),
    "html": ("format", 2),
    "no_json": ("format", 2),
    "other_json": ("format", 2),
    "no_choice": ("format", 2),
    "busy": ("http_429", 2),
    "busy_once": ("ok", 2),
    "busy_wait": ("ok", 2),
    "busy_long": ("http_429", 1),
    "broken": ("http_500", 2),
    "broken_once": ("ok", 2),
    "gateway": ("http_504", 2),
    "too_long": ("http_400", 1),
    "half_said": ("http_400", 1),
    "forbidden": ("http_403", 1),
    "hang": ("timeout", 2),
    "drip": ("timeout", 2),
    "hang_up": ("connection", 2),
    "hang_up_once": ("ok", 2),
}
"""Outcome and tries, by what the server does; FAST allows one more try of each kind."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.mark.parametrize("api", ["completion", "chat"])
def test_every_misdeed_ends_in_its_outcome(server: Server, api: str) -> None:
    rows = [document(TEXT.format(name), n) for n, name in enumerate(EXPECTED)]
    memory = Recalled()
    result = made(rows, settings(server.url, api=api), memory=memory)
    assert result.created == len(EXPECTED)
    assert not result.bad
    assert not result.drops
    assert dict(zip(EXPECTED, outcomes(result), strict=True)) == {name: want for name, (want, _) in EXPECTED.items()}
    assert list(server.attempts.values()).count(2) == sum(tries == 2 for _, tries in EXPECTED.values())
    answered = [name for name, (outcome, _) in EXPECTED.items() if outcome in ("ok", "refused", "truncated", "empty")]
    assert len(memory.held) == len(answered) + 2, "only answers are remembered: noise and cut_json are two of them"
    assert result.tally["ok"] == sum(outcome == "ok" for outcome, _ in EXPECTED.values())


def test_the_api_s_own_refusal(server: Server) -> None:
    result = made([document(TEXT.format("refusal_field"))], settings(server.url, api="chat"))
    (row,) = children(result)
    assert row["metadata"]["synthetic_outcome"] == "refused"
    assert row["metadata"]["synthetic_detail"] == "I can't help with that."


def test_a_failed_child_has_no_text_and_keeps_what_came(server: Server) -> None:
    (row,) = children(made([document(TEXT.format("cut_short"))], settings(server.url)))
    assert row["text"] == ""
    assert row["metadata"]["synthetic_raw"].startswith("1. One fact stands here.")
    assert row["metadata"]["synthetic_detail"] == "the output ends at max_tokens"


def test_failures_are_asked_for_again_and_answers_are_not(server: Server) -> None:
    rows = [document(TEXT.format(name), n) for n, name in enumerate(("fine", "refusal", "too_long"))]
    memory, config = Recalled(), settings(server.url)
    first = made(rows, config, memory=memory)
    second = made(rows, config, memory=memory)
    assert first.kept.equals(second.kept)
    assert sorted(server.attempts.values()) == [1, 1, 2]


def test_retry_after_is_honoured_by_every_request(server: Server) -> None:
    rows = [document(TEXT.format("busy_wait"), 0), *(document(TEXT.format(f"n{n}"), n) for n in range(1, 6))]
    began = time.monotonic()
    result = made(rows, settings(server.url, concurrency=1))
    assert outcomes(result) == ["ok"] * 6
    first, *others = server.times
    assert all(at - first >= 0.99 for at in others), "the server asked for a second"
    assert time.monotonic() - began < 5


def test_an_attempt_without_retry_after_backs_off(server: Server) -> None:
    made([document(TEXT.format("busy_once"))], settings(server.url))
    one, two = server.times
    assert 0.25 <= two - one < 2


def test_a_retry_after_of_nothing_backs_off_too(server: Server) -> None:
    made([document(TEXT.format("busy_now"))], settings(server.url))
    one, two = server.times
    assert 0.25 <= two - one < 2


def test_structured_output_asks_for_the_schema_and_reads_it(server: Server) -> None:
    result = made([document(TEXT.format("fine"))], settings(server.url, api="chat", structured=True))
    assert outcomes(result) == ["ok"]
    (body,) = server.bodies
    assert body["response_format"]["json_schema"]["name"] == "knowledge_list"
    assert children(result)[0]["text"].startswith("- Fact 1")


def test_structured_output_that_is_cut_is_out_of_form(server: Server) -> None:
    result = made([document(TEXT.format("cut_json"))], settings(server.url, api="chat", structured=True))
    assert outcomes(result) == ["format"]
