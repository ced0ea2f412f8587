"""A local HTTP server that behaves as an OpenAI-compatible endpoint, well or badly as the seed text asks.

A seed that holds `[name]` of `MISDEEDS` gets that; every other seed gets a numbered list of facts, the same for the
same prompt. At most `slots` requests are worked on at once, `seconds` each, as a model server does.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Self

Reply = tuple[int, dict[str, str], bytes]
COPIED = re.compile(r"(?:Text:\n|<text>\n)(?P<seed>.*?)(?:\n</text>|\n\n[A-Z][^\n]*:\n[^\n]*)\Z", re.DOTALL)
_MARK = re.compile(r"\[(\w+)\]")


class Server:
    """`with Server() as server:` serves at `server.url`. Counts are by the prompt's hash."""

    def __init__(self, slots: int = 64, seconds: float = 0.0, port: int = 0, key: str | None = None) -> None:
        self.slots, self.seconds, self.key = slots, seconds, key
        self.answer: Callable[[str], str] = listed
        """What is said of a seed that asks for no misdeed, an item a line."""
        self.hold_after: int | None = None
        """No more answers than this; other requests wait until it is None."""
        self.attempts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.tokens = 0
        self.peak = self._open = self._let_through = 0
        self._port = port

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._places = asyncio.Semaphore(self.slots)
        started = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self._port, backlog=512))
        self._port = started.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        started.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                writer.gone = reader.at_eof  # type: ignore[attr-defined]
                if not await self._reply(lines[0].split()[1], headers, body, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, path: str, headers: dict[str, str], body: dict[str, Any], writer: Any) -> bool:
        """Answers one request; False where the connection is to be closed."""
        asked = Asked(path, body)
        self.attempts[asked.hash] += 1
        self.bodies.append(body)
        self.times.append(time.monotonic())
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return await _send(writer, error(401, "Incorrect API key provided: sk-secret"))
        self._open += 1
        self.peak = max(self.peak, self._open)
        try:
            while self.hold_after is not None and self._let_through >= self.hold_after:
                await asyncio.sleep(0.005)
                if writer.gone():  # whoever asked was killed
                    return False
            self._let_through += 1
            async with self._places:
                await asyncio.sleep(self.seconds)
                return await MISDEEDS.get(asked.misdeed, well)(self, asked, writer)
        finally:
            self._open -= 1

    async def good(self, asked: Asked, writer: Any, text: str, finish: str = "stop", **message: Any) -> bool:
        """A well-formed completion."""
        self.answered[asked.hash] += 1
        self.tokens += asked.prompt_tokens + len(text) // 4
        return await _send(writer, completion(asked, text, finish, **message))


class Asked:
    """A request as the server sees it."""

    def __init__(self, path: str, body: dict[str, Any]) -> None:
        self.chat, self.body = path.endswith("/chat/completions"), body
        self.prompt: str = body["messages"][-1]["content"] if self.chat else body["prompt"]
        self.hash = hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()
        found = COPIED.search(self.prompt[max(self.prompt.rfind("Text:\n"), self.prompt.rfind("<text>\n"), 0) :])
        self.seed = found["seed"] if found else self.prompt
        marks = [mark for mark in _MARK.findall(self.seed) if mark in MISDEEDS]
        self.misdeed = marks[-1] if marks else ""
        self.prompt_tokens = len(json.dumps(body.get("messages", self.prompt))) // 4


def listed(seed: str) -> str:
    """Five facts, true of any text."""
    words = re.findall(r"\w+", seed)
    return "\n".join(f"Fact {n} of this text is about {word}." for n, word in enumerate(words[:5], 1))


def facts(server: Server, asked: Asked) -> str:
    """A list of facts, as the form asks for it."""
    said = server.answer(asked.seed).split("\n")
    if "response_format" in asked.body:
        return json.dumps({"items": said})
    return "\n".join(f"{n}. {one}" for n, one in enumerate(said, 1))


def completion(asked: Asked, text: str, finish: str, **message: Any) -> Reply:
    said = {"message": {"role": "assistant", "content": text, **message}} if asked.chat else {"text": text}
    usage = {"prompt_tokens": asked.prompt_tokens, "completion_tokens": len(text) // 4}
    usage["total_tokens"] = sum(usage.values())
    body = {
        "id": f"c-{time.monotonic_ns()}", "object": "chat.completion" if asked.chat else "text_completion",
        "created": int(time.time()), "model": asked.body["model"],
        "choices": [{"index": 0, "finish_reason": finish, **said}], "usage": usage,
    }  # fmt: skip
    return 200, {}, json.dumps(body).encode()


def error(code: int, message: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return code, named, json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()


async def _send(writer: Any, reply: Reply, kind: str = "application/json") -> bool:
    code, headers, body = reply
    lines = [f"HTTP/1.1 {code} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    return True


async def well(server: Server, asked: Asked, writer: Any) -> bool:
    return await server.good(asked, writer, facts(server, asked))


def says(text: str, finish: str = "stop", **message: Any) -> Any:
    async def misdeed(server: Server, asked: Asked, writer: Any) -> bool:
        return await server.good(asked, writer, text, finish, **message)

    return misdeed


def fails(code: int, times: int | None = None, **headers: str) -> Any:
    """That error, the first `times` or always."""

    async def misdeed(server: Server, asked: Asked, writer: Any) -> bool:
        if times is None or server.attempts[asked.hash] <= times:
            return await _send(writer, error(code, f"error {code} on purpose", **headers))
        return await well(server, asked, writer)

    return misdeed


def sends(body: bytes, kind: str = "application/json") -> Any:
    async def misdeed(server: Server, asked: Asked, writer: Any) -> bool:
        return await _send(writer, (200, {}, body), kind)

    return misdeed


async def huge_counts(server: Server, asked: Asked, writer: Any) -> bool:
    """Token counts that no machine word holds, and half a pair in finish_reason."""
    code, headers, body = completion(asked, facts(server, asked), "st\ud800op")
    return await _send(writer, (code, headers, body.replace(b'_tokens": ', b'_tokens": 1000000000000000000000')))


async def half_said(server: Server, asked: Asked, writer: Any) -> bool:
    return await _send(writer, error(400, "half \ud83d of a pair"))


async def hang(server: Server, asked: Asked, writer: Any) -> bool:
    await asyncio.sleep(3600)
    return False


async def drip(server: Server, asked: Asked, writer: Any) -> bool:
    """A byte now and then: no read ever times out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100_000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)
    return False


async def hang_up(server: Server, asked: Asked, writer: Any) -> bool:
    """The connection ends in the middle of the body."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"choices"')
    await writer.drain()
    return False


async def hang_up_once(server: Server, asked: Asked, writer: Any) -> bool:
    return await (hang_up if server.attempts[asked.hash] == 1 else well)(server, asked, writer)


async def copy(server: Server, asked: Asked, writer: Any) -> bool:
    lines = [line for line in re.split(r"(?<=[.!?])\s+|\n+", asked.seed) if line]
    return await server.good(asked, writer, "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1)))


async def cut_json(server: Server, asked: Asked, writer: Any) -> bool:
    return await server.good(asked, writer, json.dumps({"items": ["One fact.", "Another"]})[:25])


MISDEEDS: dict[str, Callable[[Server, Asked, Any], Awaitable[bool]]] = {
    "noise": says("%%% lorem @@@ 0x00"),
    "refusal": says("I'm sorry, but I can't help with that request."),
    "refusal_field": says("", refusal="I can't help with that."),
    "filtered": says("Some text", "content_filter"),
    "cut_short": says("1. One fact stands here.\n2. Another fact is cut", "length"),
    "cut_json": cut_json,
    "empty": says("  \n "),
    "half_pair": says("1. A half \ud83d of a pair.\n2. A second fact.\n3. A third fact here."),
    "huge_counts": huge_counts,
    "duplicate": says("1. The same fact again.\n2. It was said before.\n3. Nothing is new here."),
    "copy": copy,
    "html": sends(b"<html>proxy error</html>", "text/html"),
    "no_json": sends(b"{this is not json"),
    "other_json": sends(b'{"hello": "world"}'),
    "no_choice": sends(b'{"id": "x", "choices": [], "usage": null}'),
    "busy": fails(429),
    "busy_once": fails(429, 1),
    "busy_wait": fails(429, 1, retry_after="1"),
    "busy_now": fails(429, 1, retry_after="0"),
    "busy_long": fails(429, retry_after="86400"),
    "broken": fails(500),
    "broken_once": fails(500, 1),
    "gateway": fails(504),
    "too_long": fails(400),
    "half_said": half_said,
    "forbidden": fails(403),
    "nowhere": fails(404),
    "elsewhere": fails(307, location="https://127.0.0.1:9/v1"),
    "hang": hang,
    "drip": drip,
    "hang_up": hang_up,
    "hang_up_once": hang_up_once,
}


def main() -> None:
    """Serves until its standard input ends; says where on the first line of its output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    with Server(given.slots, given.seconds) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
