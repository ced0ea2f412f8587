"""Keeps requests apart: so many a minute, so many tokens a minute, none before a time that the server named."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Turns are spaced evenly, so that no minute holds more than the limits, burst or not. For one event loop.

    Limits are of requests and of tokens per minute; None is none.
    """

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._request = 60 / requests_per_minute if requests_per_minute else 0.0
        self._token = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._next = self._closed_until = 0.0

    async def turn(self, tokens: float) -> None:
        """Wait for a turn; a request of `tokens` may then be sent."""
        while True:
            at = max(time.monotonic(), self._next, self._closed_until)
            self._next = at + max(self._request, tokens * self._token)
            if (wait := at - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if time.monotonic() >= self._closed_until:
                return

    def close(self, seconds: float) -> None:
        """No turn for `seconds`."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)
