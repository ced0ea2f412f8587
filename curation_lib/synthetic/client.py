"""Asks many requests of one endpoint at once: remembered answers first, then within limits, with retries."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.core.stage import Memory, Run
from curation_lib.synthetic.asking import Answer, Failure, Request
from curation_lib.synthetic.endpoint import Endpoint
from curation_lib.synthetic.pace import Pace
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.trouble import Trouble, backed_off

MEMORY_THREADS = 32
"""Reads and writes of remembered answers at once: each waits for the store, not for a core."""
REPORT_SECONDS = 1.0
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
        """An outcome for each request, in order; equal requests are asked once.

        Raises ConfigError where nobody answers at the endpoint or it does not accept the key.
        """
        room = self._room(run.workers)
        unique = {request.key: request for request in requests}
        tally: Counter[str] = Counter()
        work = _all(room, list(unique.values()), memory, self._deadline(run), tally)
        with self._lock:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            found = _watched(future, tally, run)
        except BaseException:
            future.cancel()
            raise
        return [found[request.key] for request in requests]

    def _deadline(self, run: Run) -> float | None:
        """When the time budget ends, in seconds since 1970."""
        seconds = self.config.budget_seconds
        return None if seconds is None else (run.began or time.time()) + seconds


def _watched(future: Any, tally: Counter[str], run: Run) -> dict[str, Outcome]:
    """The future's result; meanwhile what is new in the tally is reported, from the calling thread."""
    said: Counter[str] = Counter()
    while True:
        try:
            found: dict[str, Outcome] = future.result(timeout=REPORT_SECONDS)
            return found
        except TimeoutError:
            if future.done():
                raise
        except ExceptionGroup as group:
            raise _first(group) from group
        finally:
            now = Counter(dict(tally))
            run.report(now - said)
            said = now


def _first(group: ExceptionGroup[Any]) -> Exception:
    """What an operator has to read: the first of our own errors, else the first."""
    errors = [e for e in group.exceptions if not isinstance(e, ExceptionGroup)]
    return next((e for e in errors if isinstance(e, WinnowError)), errors[0])


async def _all(
    room: _Room, requests: Sequence[Request], memory: Memory | None, deadline: float | None, tally: Counter[str]
) -> dict[str, Outcome]:
    async with asyncio.TaskGroup() as group:
        tasks = {r.key: group.create_task(room.outcome(r, memory, deadline, tally)) for r in requests}
    return {key: task.result() for key, task in tasks.items()}


class _Room:
    """Connections, places and pace of one process among `workers`; for one event loop."""

    def __init__(self, config: GenerateConfig, key: str | None, workers: int) -> None:
        self.config = config
        places = max(1, config.concurrency // workers)
        limits = (config.requests_per_minute, config.tokens_per_minute)
        self._pace = Pace(*(limit and limit / workers for limit in limits))
        self._places = asyncio.Semaphore(places)
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
        self._endpoint.connected()  # takes a moment the first time, which must not come between a turn and its request
        while True:
            if deadline is not None and time.time() >= deadline:
                return Failure("over_budget", "budget_seconds is used up")
            await self._pace.turn(request.likely_tokens)
            try:
                return await self._endpoint.attempt(request)
            except Trouble as trouble:
                tries[trouble.kind] += 1
                if not self._again(trouble, tries):
                    return self._given_up(trouble)
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
        """Until the server wants the next try; where it says when, nobody else tries before either."""
        if trouble.wait is not None:
            self._pace.close(trouble.wait)
            return
        await asyncio.sleep(backed_off(tries, self.config.max_wait_seconds))

    def _given_up(self, trouble: Trouble) -> Failure:
        failure, url = trouble.failure, self.config.endpoint
        if trouble.kind == "unreachable":
            raise ConfigError(
                f"nobody answers at {url} ({failure.detail}): start the server or correct `endpoint`, and run it "
                "again; what was answered is kept"
            )
        if failure.outcome == "http_401":
            raise ConfigError(
                f"{url} does not accept the key: name the environment variable that holds it in `api_key_env`, and "
                "set it where the workers run"
            )
        return failure


def _counted(found: Outcome, config: GenerateConfig) -> Mapping[str, int]:
    """What a fresh outcome adds to the task's log; cost in millionths of the currency."""
    if isinstance(found, Failure):
        return {"failed": 1}
    given, made = found.prompt_tokens or 0, found.completion_tokens or 0
    cost = round(given * config.price_in + made * config.price_out)
    return {"answered": 1, "prompt_tokens": given, "completion_tokens": made, "cost_millionths": cost}
