"""Two hundred requests are under way at once, and keep a server's slots busy."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks.generation import measured
from tests.synthetic.endpoint_server import Server
from tests.synthetic.seeds import document, made, outcomes, settings

REQUESTS = 200


def test_two_hundred_requests_wait_at_the_server_at_once() -> None:
    """It answers nobody before all have come."""
    rows = [document(f"Text {n} of many. It says little else than {n}.", n) for n in range(REQUESTS)]
    with Server() as server, ThreadPoolExecutor(1) as pool:
        server.hold_after = 0
        asked = pool.submit(made, rows, settings(server.url, concurrency=REQUESTS, timeout_seconds=120))
        end = time.monotonic() + 60
        while server.peak < REQUESTS and time.monotonic() < end:
            time.sleep(0.01)
        server.hold_after = None
        assert outcomes(asked.result()) == ["ok"] * REQUESTS
        assert server.peak == REQUESTS


@pytest.mark.long
def test_slots_are_busy() -> None:
    """Nine tenths of what the server does for a bare client; beside other work neither gets what it could."""
    best = max((measured(16, 0.25, length=8) for _ in range(2)), key=lambda run: float(run["share"]))
    assert best["share"] >= 0.9, best
