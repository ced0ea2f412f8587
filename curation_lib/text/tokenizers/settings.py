"""The setting that names a tokenizer, and what it adds to a stage: its fingerprint and what it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from pydantic import model_validator

from curation_lib.core.config import StageConfig, locate

BYTES4 = "bytes4"
"""A document has ceil(UTF-8 bytes / 4) tokens: exact and the same everywhere, but an estimate. It has no ids."""
FILE = "tokenizer.json"
"""The name of whatever lies at a `path`: the file's own name shapes nothing."""
TIKTOKEN = "tiktoken/"


class TokenizerSetting(StageConfig):
    """A recipe writes one word: `bytes4`, `tiktoken/<encoding>`, or the path or URL of a Hugging Face tokenizer.json;
    with `eos`, a mapping: `{path: …/tokenizer.json, eos: </s>}` or `{name: tiktoken/cl100k_base, eos: …}`.

    eos: the token that ends a document; null finds the tokenizer's own.
    """

    name: str = BYTES4
    path: str | None = locate(None)
    eos: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value} if value == BYTES4 or value.startswith(TIKTOKEN) else {"path": value}
        if isinstance(value, dict) and value.get("path") is not None:
            value = {"name": FILE, **value}
        return value

    @model_validator(mode="after")
    def _is_there(self) -> TokenizerSetting:
        if self.path is not None:
            _check_file(self.path, self.name)
        elif self.name.startswith(TIKTOKEN):
            _check_encoding(self.name.removeprefix(TIKTOKEN))
        elif self.name != BYTES4:
            raise ValueError(f"no tokenizer is called {self.name}; {_choices()}")
        elif self.eos is not None:
            raise ValueError(f"{BYTES4} has no ids, and so no eos: leave it out, or name a tokenizer that has")
        return self

    @property
    def has_ids(self) -> bool:
        """Whether it encodes, rather than count only."""
        return self.name != BYTES4

    @property
    def libraries(self) -> tuple[str, ...]:
        """Distributions whose versions shape what it makes of a text."""
        return ("tokenizers",) if self.path is not None else ("tiktoken",) if self.has_ids else ()


ESTIMATE = TokenizerSetting()
"""What counts where a recipe names no tokenizer."""


class Tokenized(Protocol):
    """Settings of a stage that counts or writes tokens."""

    @property
    def tokenizer(self) -> TokenizerSetting: ...


def tokenizer_files(config: Tokenized) -> dict[str, str]:
    """For a stage's `model_files`. An encoding of tiktoken is pinned by its name and the library's version."""
    return {FILE: config.tokenizer.path} if config.tokenizer.path is not None else {}


def tokenizer_libraries(config: Tokenized) -> tuple[str, ...]:
    """For a stage's `libraries_of`."""
    return config.tokenizer.libraries


def described(setting: TokenizerSetting) -> str:
    """One line for cards: the name and what pins it. Reads the file at `path`, loads nothing."""
    from curation_lib.core.fingerprint import file_sha256, library_versions

    if setting.path is not None:
        return f"{FILE}, sha256 {file_sha256(setting.path)}"
    return f"{setting.name} of tiktoken {library_versions(['tiktoken'])['tiktoken']}" if setting.has_ids else BYTES4


def _check_file(path: str, name: str) -> None:
    if name != FILE:
        raise ValueError(f"name {name} and path {path} say different things: leave one of them out")
    if "://" not in path and not Path(path).expanduser().is_file():
        raise ValueError(f"there is no file {path}; {_choices()}")


def _check_encoding(encoding: str) -> None:
    if encoding not in encodings():
        raise ValueError(f"tiktoken has no encoding {encoding!r}; {_choices()}")


def _choices() -> str:
    listed = ", ".join(f"{TIKTOKEN}{one}" for one in encodings())
    return f"give {BYTES4}, the path of a Hugging Face {FILE}, or one of {listed}"


def encodings() -> list[str]:
    """The encodings that tiktoken itself defines: it pins their vocabularies by sha256, as plug-ins need not."""
    from tiktoken_ext.openai_public import ENCODING_CONSTRUCTORS

    return list(ENCODING_CONSTRUCTORS)
