"""What is asked of a model and what comes back: a request with its key, an answer, a failure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import orjson

from curation_lib.synthetic.forms import Form
from curation_lib.synthetic.settings import GenerateConfig

BYTES_PER_TOKEN = 4
"""About what English prose takes; paces requests where a limit of tokens per minute is set, and nothing else."""


@dataclass(frozen=True)
class Request:
    """One request as the server gets it. `body` holds all but model and prompt."""

    api: str
    model: str
    prompt: str | list[dict[str, str]]
    body: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """64 hex digits: equal for equal requests, whatever the endpoint."""
        asked = {"api": self.api, "model": self.model, "prompt": self.prompt, "body": self.body}
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def prompt_bytes(self) -> int:
        """UTF-8 bytes of what the model reads, without the chat template; of a schema, too, as some servers bill it."""
        texts = [self.prompt] if isinstance(self.prompt, str) else [m["content"] for m in self.prompt]
        schema = orjson.dumps(self.body["response_format"]) if "response_format" in self.body else b""
        return sum(len(text.encode()) for text in texts) + len(schema)

    @property
    def likely_tokens(self) -> float:
        """Prompt and output, by which requests are paced."""
        return self.prompt_bytes / BYTES_PER_TOKEN + float(self.body["max_tokens"])


def sampling(form: Form, config: GenerateConfig) -> dict[str, Any]:
    """How outputs of a form are drawn, as provenance says it."""
    drawn = {"temperature": config.temperature, "top_p": config.top_p, "seed": config.seed, **config.extra}
    return {**{k: v for k, v in drawn.items() if v is not None}, "max_tokens": longest(form, config)}


def longest(form: Form, config: GenerateConfig) -> int:
    """Tokens that an output may have; a form's own bound is for the plain prompt, where a model does not end itself."""
    return config.max_tokens if config.api == "chat" else min(form.max_tokens, config.max_tokens)


def request(form: Form, seed_text: str, config: GenerateConfig) -> Request:
    """The request for one document of `form` made from `seed_text`."""
    chat = config.api == "chat"
    structured = config.structured and form.schema is not None
    body = sampling(form, config)
    if stops := form.stops(chat):
        body["stop"] = list(stops)
    if structured:
        named = {"name": form.name, "schema": form.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    return Request(config.api, config.model_for(form.name), form.prompt(seed_text, chat, structured), body)


@dataclass(frozen=True)
class Answer:
    """A completion. `finish` is the server's finish_reason; token counts are null where it does not say."""

    text: str
    finish: str
    refusal: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def to_bytes(self) -> bytes:
        """As it is remembered."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)

    @classmethod
    def from_bytes(cls, data: bytes) -> Answer:
        return cls(**orjson.loads(data))


@dataclass(frozen=True)
class Failure:
    """No completion: `outcome` and `detail` are what the child's metadata says."""

    outcome: str
    detail: str
