"""One try at an OpenAI-compatible endpoint, through the official client library: an answer, or what went wrong."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

from curation_lib.synthetic.asking import Answer, Failure, Request
from curation_lib.synthetic.trouble import Trouble, short, status_trouble, utf8

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NO_KEY = "none"
"""What is sent as a key where the recipe names none: local servers ask for no key, the library for any."""
_MOST_TOKENS = 2**31
"""A server that counts more for one answer cannot count."""
POOL = 16
"""Connections of one pool: for every request the HTTP library looks at all that are idle, which of 200 takes longer
than the rest of its work."""


class Endpoint:
    """Tries requests, at most `connections` at once; for one event loop. The library's own retries are off: `Client`
    does them."""

    def __init__(self, url: str, key: str | None, connections: int, timeout_seconds: float) -> None:
        self._url, self._key, self._timeout = url, key, timeout_seconds
        self._pools: dict[int, AsyncOpenAI] = {}
        self._free = [n // POOL for n in range(connections)][::-1]
        """The pool of each connection that nobody uses."""

    def pool(self, number: int) -> AsyncOpenAI:
        """The library's client with its connections, made when it is first needed."""
        from httpx2 import Limits
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        if number not in self._pools:
            limits = Limits(max_connections=POOL, max_keepalive_connections=POOL)
            http = DefaultAsyncHttpxClient(limits=limits, follow_redirects=False, verify=self._certificates)
            key = self._key or NO_KEY
            self._pools[number] = AsyncOpenAI(
                base_url=self._url, api_key=key, max_retries=0, timeout=self._timeout, http_client=http
            )
        return self._pools[number]

    @cached_property
    def _certificates(self) -> Any:
        """Whom to trust: read once, which takes as long as twenty requests."""
        from httpx2 import create_ssl_context

        return create_ssl_context()

    async def attempt(self, request: Request) -> Answer:
        """The completion. Raises Trouble; the timeout is for the whole answer, however slowly it drips."""
        import openai

        try:
            async with asyncio.timeout(self._timeout):
                return read_answer(await self._send(request))
        except TimeoutError:
            raise self._late() from None
        except openai.APITimeoutError as e:
            raise (self._late() if not _unconnected(e) else _unreachable(e)) from e
        except openai.APIStatusError as e:
            raise status_trouble(e.status_code, _said(e), e.response.headers) from e
        except openai.APIResponseValidationError as e:
            raise _garbage(e) from e
        except openai.APIConnectionError as e:
            broken = Failure("connection", short(e.__cause__ or e))
            raise (_unreachable(e) if _unconnected(e) else Trouble("unanswered", broken)) from e
        except ValueError as e:  # a body that says it is JSON and is not
            raise _garbage(e) from e

    async def _send(self, request: Request) -> Any:
        number = self._free.pop()
        try:
            return await _created(self.pool(number), request)
        finally:
            self._free.append(number)

    def _late(self) -> Trouble:
        return Trouble("unanswered", Failure("timeout", f"no whole answer within {self._timeout:g} s"))


async def _created(client: AsyncOpenAI, request: Request) -> Any:
    body: dict[str, Any] = dict(request.body)
    if request.api == "chat":
        messages: Any = request.prompt
        return await client.chat.completions.create(model=request.model, messages=messages, extra_body=body)
    return await client.completions.create(model=request.model, prompt=str(request.prompt), extra_body=body)


def read_answer(response: Any) -> Answer:
    """The first choice of a completion, plain or chat. Raises Trouble where the response is no completion."""
    try:
        choice, usage = response.choices[0], response.usage
        message = getattr(choice, "message", None)
        text = message.content if message is not None else choice.text
        refusal = getattr(message, "refusal", None) or ""
        counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    except (AttributeError, IndexError, TypeError) as e:
        raise _garbage(e) from e
    if not isinstance(text, str | None) or (text is None and not refusal and choice.finish_reason is None):
        raise _garbage(ValueError("a choice without text"))
    whole = [n if isinstance(n, int) and 0 <= n < _MOST_TOKENS else None for n in counts]
    text, finish, refusal = (utf8(str(part or "")) for part in (text, choice.finish_reason, refusal))
    return Answer(text, finish, refusal, *whole)


def _garbage(e: Exception) -> Trouble:
    return Trouble("unanswered", Failure("format", f"the response is no completion: {short(e)}"))


def _unreachable(e: Exception) -> Trouble:
    return Trouble("unreachable", Failure("connection", short(e.__cause__ or e)))


def _unconnected(e: Exception) -> bool:
    """Whether the request was never sent."""
    import httpx2

    return isinstance(e.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)


def _said(e: Any) -> str:
    """The server's own words about an HTTP error."""
    body = e.body if isinstance(e.body, dict) else {}
    return str(body.get("message") or body.get("error") or e.message)
