"""Chat templates: a conversation as the one text that a model is trained on, as Hugging Face's tokenizers render it.

A template is Jinja in a sandbox, with what `apply_chat_template` gives it: `messages`, the special tokens, no prompt
for a further answer, `raise_exception`, `tojson` and the `generation` block. `strftime_now` is left undefined on
purpose: templates that ask for it have a fixed date for where it is missing, and no rendering may depend on the day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import model_validator

from curation_lib.core.config import StageConfig, locate
from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.fingerprint import file_sha256
from curation_lib.core.local_copy import local_copy
from curation_lib.text.records import Messages, Record, records_of
from curation_lib.text.tokenizers.tokenizer import Tokenizer

CHATML = "chatml"
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
)
"""https://github.com/openai/openai-python/blob/release-v0.28.1/chatml.md, without a system turn of its own."""
FILE = "chat_template"
"""The name of whatever lies at a `path`: the file's own name shapes nothing."""


class ChatTemplateSetting(StageConfig):
    """A recipe writes one word: `chatml`, or the path or URL of a tokenizer_config.json or of a .jinja file; with
    special tokens for the latter, a mapping: `{path: …/chat_template.jinja, bos_token: <s>, eos_token: </s>}`."""

    name: str = CHATML
    path: str | None = locate(None)
    bos_token: str | None = None
    eos_token: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value} if value == CHATML else {"path": value}
        if isinstance(value, dict) and value.get("path") is not None:
            value = {"name": FILE, **value}
        return value

    @model_validator(mode="after")
    def _is_there(self) -> ChatTemplateSetting:
        if self.path is None:
            known = self.name == CHATML
        else:
            known = self.name == FILE and self.path.lower().endswith((".json", ".jinja", ".jinja2"))
        if not known:
            raise ValueError(
                f"no chat template {self.path or self.name!r}; give {CHATML}, or the path of a tokenizer_config.json "
                "or of a .jinja file"
            )
        if self.path is not None and "://" not in self.path and not Path(self.path).expanduser().is_file():
            raise ValueError(f"there is no file {self.path}; correct the path of the chat template, or give {CHATML}")
        return self


def template_files(setting: ChatTemplateSetting | None) -> dict[str, str]:
    """For a stage's `model_files`."""
    return {FILE: setting.path} if setting is not None and setting.path is not None else {}


def template_libraries(setting: ChatTemplateSetting | None) -> tuple[str, ...]:
    """For a stage's `libraries_of`."""
    return () if setting is None else ("jinja2",)


class ChatTemplate:
    """A template that is ready to render."""

    def __init__(self, text: str, where: str, tokens: Mapping[str, str]) -> None:
        """text: Jinja; where: what messages call it; tokens: special tokens by name. Raises ConfigError where the text
        is no template."""
        self._where, self._tokens = where, dict(tokens)
        try:
            self._template = _environment().from_string(text)
        except TemplateError as e:
            raise ConfigError(f"chat_template: {where} is no template: {e}; give the one of the model") from e

    @property
    def special(self) -> list[str]:
        """The special tokens that it was given, such as the one that ends a text."""
        return sorted({token for token in self._tokens.values() if token})

    def render(self, record: Record) -> str:
        """The conversation of a record as one text; of a preference pair, the one that is preferred.

        Raises ContractError where the template refuses it.
        """
        return self.rendered((*record.prompt, *record.answer))

    def refusal(self, record: Record) -> str:
        """Why the template takes one of the record's conversations not; empty where it takes all."""
        try:
            for answer in filter(None, (record.answer, record.rejected)):
                self.rendered((*record.prompt, *answer))
        except ContractError as e:
            return str(e)
        return ""

    def rendered(self, turns: Messages) -> str:
        """Turns as one text."""
        messages = [one._asdict() for one in turns]
        try:
            return self._template.render(messages=messages, add_generation_prompt=False, tools=None, **self._tokens)
        except (TemplateError, TypeError, ValueError, LookupError) as e:  # what Python says within templates, too
            roles = ", ".join(one.role for one in turns)
            raise ContractError(
                f"chat_template: {self._where} takes no conversation of {roles}: {e}; leave such records out of the "
                "mix, or give a template that takes them"
            ) from e


def rendered(batch: pa.RecordBatch, template: ChatTemplate | None) -> pa.LargeStringArray:
    """The text of each document, that of a record as the template renders it. Raises ContractError where it refuses."""
    if template is None:
        return batch.column("text")
    return _texts(batch, template.render)


def _texts(batch: pa.RecordBatch, render: Callable[[Record], str | None]) -> pa.LargeStringArray:
    """What `render` makes of each record; the text of other documents, and of those that it makes nothing of."""
    pairs = zip(batch.column("text").to_pylist(), records_of(batch), strict=True)
    made = [(render(one) if isinstance(one, Record) else None, text) for text, one in pairs]
    return pa.array([text if new is None else new for new, text in made], pa.large_string())


def counted(batch: pa.RecordBatch, tokenizer: Tokenizer, template: ChatTemplate | None) -> npt.NDArray[np.int64]:
    """Tokens of each document's `rendered` text; special tokens that a template writes are one each. Of a record that
    the template refuses, those of its text: it may be none that is taken."""
    if template is None:
        return tokenizer.count(batch.column("text"))

    def taken(record: Record) -> str | None:
        try:
            return template.render(record)
        except ContractError:
            return None

    return tokenizer.count_marked(_texts(batch, taken))


def load_template(setting: ChatTemplateSetting | str | Mapping[str, Any]) -> ChatTemplate:
    """The template that a setting, or what a recipe writes for it, names. Raises ConfigError for what is none,
    StoreError for what cannot be reached."""
    setting = ChatTemplateSetting.model_validate(setting)
    return _loaded(setting, file_sha256(setting.path) if setting.path is not None else "")


@lru_cache(maxsize=8)
def _loaded(setting: ChatTemplateSetting, sha256: str) -> ChatTemplate:
    given = {"bos_token": setting.bos_token, "eos_token": setting.eos_token}
    own = {name: token for name, token in given.items() if token is not None}
    if setting.path is None:
        return ChatTemplate(_CHATML, CHATML, own)
    data = local_copy(setting.path).read_bytes()
    if not setting.path.lower().endswith(".json"):
        return ChatTemplate(data.decode(), setting.path, own)
    text, tokens = _of_tokenizer(data, setting.path)
    return ChatTemplate(text, setting.path, {**tokens, **own})


def _of_tokenizer(data: bytes, where: str) -> tuple[str, dict[str, str]]:
    """The template of a tokenizer_config.json, the one called `default` of several, and its special tokens."""
    try:
        config = orjson.loads(data)
    except orjson.JSONDecodeError as e:
        raise ConfigError(f"chat_template: {where} is no JSON: {e.msg}; give a whole tokenizer_config.json") from e
    found = config.get("chat_template") if isinstance(config, dict) else None
    if isinstance(found, list):
        found = {one["name"]: one["template"] for one in found}.get("default")
    if not isinstance(found, str):
        raise ConfigError(
            f"chat_template: {where} has no chat_template; give the chat_template.jinja that lies beside it, with "
            "bos_token and eos_token"
        )
    tokens = {name: _content(token) for name, token in config.items() if name.endswith("_token")}
    return found, {name: token for name, token in tokens.items() if token is not None}


def _content(token: Any) -> str | None:
    """A special token stands as text or as an object that describes it."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else None


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks what the assistant says, for masks; its text is its body."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = _to_json
    made.globals["raise_exception"] = _raise
    return made


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **more: Any) -> str:
    """Without Jinja's escapes for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **more)
