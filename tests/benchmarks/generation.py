"""How busy synthetic.generate keeps a server: requests a second beside what the server does at most.

    python -m tests.benchmarks.generation

The server is tests/synthetic/endpoint_server.py in a process of its own: it works on so many requests at once as it
has slots, each for a fixed time, so slots / time is what no client can pass. What it really does is measured just
before by a bare client: as many sockets, the same bytes again and again, nothing read but how long the answer is.
Answers are remembered in a store on disk, as in a build; the client's imports and first connection are not counted.
"""

from __future__ import annotations

import asyncio
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from curation_lib.core.stage import Context
from curation_lib.runner.memory import Remembered
from curation_lib.runner.store import Store
from curation_lib.synthetic.asking import request
from curation_lib.synthetic.forms import forms
from curation_lib.synthetic.generate import STAGE
from tests.benchmarks.results import save
from tests.synthetic.seeds import batch, document, settings

CONCURRENCY = 200
SERVERS = ((16, 0.25), (32, 0.5), (64, 1.0), (128, 2.0))
"""Slots and seconds per request."""
LENGTH = 24.0
"""Seconds that each run takes at the server's full speed."""


@contextmanager
def serving(slots: int, seconds: float) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.synthetic.endpoint_server",
        "--slots",
        str(slots),
        "--seconds",
        str(seconds),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def texts(first: int, count: int) -> Any:
    return batch([document(f"Tower {n} of Verrin is {n} metres high.", n) for n in range(first, first + count)])


async def _bare(port: int, body: bytes, count: int) -> None:
    """`count` requests over CONCURRENCY connections."""
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    left = iter(range(count))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONCURRENCY)))


def bare(url: str, count: int) -> float:
    """Requests a second that the server answers to a client that does nothing else."""
    one = request(forms()["knowledge_list"], "The tower of Verrin is 42 metres high.", settings(url))
    body = orjson.dumps({"model": one.model, "prompt": one.prompt, **one.body})
    begun = time.perf_counter()
    asyncio.run(_bare(int(url.rsplit(":", 1)[1].removesuffix("/v1")), body, count))
    return count / (time.perf_counter() - begun)


def measured(slots: int, seconds: float, length: float = LENGTH) -> dict[str, Any]:
    """One run: `share` is requests a second over what the server does for a bare client, `busy` over what no client
    can pass."""
    count = int(length * slots / seconds)
    with serving(slots, seconds) as url, tempfile.TemporaryDirectory() as folder:
        config = settings(url, concurrency=CONCURRENCY, timeout_seconds=60)
        assert STAGE.load is not None
        context = Context(model=STAGE.load(config), memory=Remembered(Store(folder)))
        STAGE.fn(texts(0, 1), config, context)
        server = bare(url, count)
        given = texts(1, count)
        begun, cpu = time.perf_counter(), time.process_time()
        result = STAGE.fn(given, config, context)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    assert result.tally["ok"] == count
    can, did = slots / seconds, count / wall
    return {
        "slots": slots, "seconds": seconds, "requests": count, "wall": round(wall, 2), "can": can,
        "bare": round(server, 1), "did": round(did, 1), "share": round(did / server, 4), "busy": round(did / can, 4),
        "cpu_ms": round(1000 * cpu / count, 2),
    }  # fmt: skip


def run(servers: Sequence[tuple[int, float]] = SERVERS) -> dict[str, Any]:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"machine": machine, "concurrency": CONCURRENCY, "runs": [measured(*one) for one in servers]}


def table(found: dict[str, Any]) -> str:
    note = (
        f"{found['machine']}; {found['concurrency']} requests under way, one process, answers remembered on disk.\n\n"
    )
    heads = (
        *(
            "slots",
            "s per request",
            "requests",
            "slots / s, 1/s",
            "bare client, 1/s",
            "done, 1/s",
            "of bare",
            "of slots",
        ),
        "client CPU, ms per request",
    )
    names = ("slots", "seconds", "requests", "can", "bare", "did", "share", "busy", "cpu_ms")
    rows = [heads, ["--:"] * len(heads), *([f"{one[name]:,}" for name in names] for one in found["runs"])]
    return note + "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    answer = run()
    save("generation", answer, table(answer))
