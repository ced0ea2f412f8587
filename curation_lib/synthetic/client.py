"""Asks many requests of one endpoint at once: remembered answers first, then within limits, with retries."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

from curation_lib.core.stage import Memory, Run
from curation_lib.synthetic.asking import Answer, Failure, Request
from curation_lib.synthetic.endpoint import Endpoint
from curation_lib.synthetic.pace import Pace
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.teller import Teller
from curation_lib.synthetic.trouble import Trouble, backed_off, given_up

MEMORY_THREADS = 32
"""Reads and writes of remembered answers at once: each waits for the store, not for a core."""
WINDOW = 256
"""Requests that wait in memory beside four for each place: one that takes long holds up no other."""
Outcome = Answer | Failure


class Client:
    """One process's way to an endpoint. `ask` may be called from several threads: they share limits and connections,
    which live in an event loop of their own."""

    def __init__(self, config: GenerateConfig, key: str | None) -> None:
        self.config, self._key = config, key
        self._rooms: dict[int, _Room] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:  # never the key
        return f"Client({self.config.endpoint})"

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True, name="endpoint").start()
        return loop

    def _room(self, workers: int) -> _Room:
        with self._lock:
            if workers not in self._rooms:
                self._rooms[workers] = _Room(self.config, self._key, workers)
            return self._rooms[workers]

    def ask(self, requests: Sequence[Request], memory: Memory | None, run: Run) -> list[Outcome]:
        """An outcome for each request, in order; equal requests are asked once. Raises as `outcomes` does."""
        unique = {request.key: request for request in requests}
        found = dict(zip(unique, self.outcomes(unique.values(), memory, run), strict=True))
        return [found[request.key] for request in requests]

    def outcomes(self, requests: Iterable[Request], memory: Memory | None, run: Run) -> Iterator[Outcome]:
        """An outcome for each request, in order; as many are under way as may be, whether their turn has come or not.

        Raises ConfigError where nobody answers at the endpoint, it does not accept the key, or has no such address or
        model.
        """
        room, deadline, teller = self._room(run.workers), self._deadline(run), Teller(run)
        under_way: deque[Future[Outcome]] = deque()
        try:
            for request in requests:
                with self._lock:
                    work = room.outcome(request, memory, deadline, teller.tally)
                    under_way.append(asyncio.run_coroutine_threadsafe(work, self._loop))
                while len(under_way) > room.window:
                    yield teller.waited(under_way.popleft())
            while under_way:
                yield teller.waited(under_way.popleft())
        finally:
            for future in under_way:
                future.cancel()
            teller.tell()

    def _deadline(self, run: Run) -> float | None:
        """When the time budget ends, in seconds since 1970."""
        seconds = self.config.budget_seconds
        return None if seconds is None else (run.began or time.time()) + seconds


class _Room:
    """Connections, places and pace of one process among `workers`; for one event loop."""

    def __init__(self, config: GenerateConfig, key: str | None, workers: int) -> None:
        self.config = config
        places = max(1, config.concurrency // workers)
        limits = (config.requests_per_minute, config.tokens_per_minute)
        self._pace = Pace(*(limit and limit / workers for limit in limits))
        self._places, self.window = asyncio.Semaphore(places), WINDOW + 4 * places
        self._endpoint = Endpoint(config.endpoint, key, places, config.timeout_seconds)
        self._threads = ThreadPoolExecutor(MEMORY_THREADS, "memory")

    async def outcome(
        self, request: Request, memory: Memory | None, deadline: float | None, tally: Counter[str]
    ) -> Outcome:
        """From memory, else from the endpoint; an answer is remembered as soon as it is there."""
        if memory is not None and (known := await self._aside(partial(memory.get, request.key))):
            tally["remembered"] += 1
            return Answer.from_bytes(known)
        async with self._places:
            found = await self._asked(request, deadline, tally)
        if isinstance(found, Answer) and memory is not None:
            found = Answer.from_bytes(await self._aside(partial(memory.put, request.key, found.to_bytes())))
        tally.update(_counted(found, self.config))
        return found

    async def _aside(self, call: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _asked(self, request: Request, deadline: float | None, tally: Counter[str]) -> Outcome:
        tries: Counter[str] = Counter()
        self._endpoint.pool(0)  # takes a moment the first time, which must not come between a turn and its request
        while True:
            if _over(deadline):  # a turn that nobody takes would hold up others
                return Failure("over_budget", "budget_seconds is used up")
            await self._pace.turn(request.likely_tokens)
            if _over(deadline):
                return Failure("over_budget", "budget_seconds is used up")
            try:
                return await self._endpoint.attempt(request)
            except Trouble as trouble:
                tries[trouble.kind] += 1
                if not self._again(trouble, tries):
                    return given_up(trouble, self.config.endpoint, request.model)
                tally["retried"] += 1
                await self._wait(trouble, tries.total())

    def _again(self, trouble: Trouble, tries: Counter[str]) -> bool:
        """Whether another try may help; tries that may have been billed have a limit of their own."""
        if trouble.kind == "final" or (trouble.wait or 0) > self.config.max_wait_seconds:
            return False
        if trouble.kind == "unanswered":
            return tries["unanswered"] <= self.config.retry_unanswered
        return tries["refused"] + tries["unreachable"] <= self.config.retries

    async def _wait(self, trouble: Trouble, tries: int) -> None:
        """Until the server wants the next try; where it says when, nobody else tries before either. At once is no
        answer of a server that turns requests away."""
        if trouble.wait:
            self._pace.close(trouble.wait)
            return
        await asyncio.sleep(backed_off(tries, self.config.max_wait_seconds))


def _over(deadline: float | None) -> bool:
    return deadline is not None and time.time() >= deadline


def _counted(found: Outcome, config: GenerateConfig) -> Mapping[str, int]:
    """What a fresh outcome adds to the task's log; cost in millionths of the currency."""
    if isinstance(found, Failure):
        return {"failed": 1}
    given, made = found.prompt_tokens or 0, found.completion_tokens or 0
    cost = round(given * config.price_in + made * config.price_out)
    return {"answered": 1, "prompt_tokens": given, "completion_tokens": made, "cost_millionths": cost}
