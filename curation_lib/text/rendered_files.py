"""What a document's text and tokens come from where records are rendered: a tokenizer and a chat template."""

from __future__ import annotations

from typing import Protocol

from curation_lib.text.chat_template import ChatTemplateSetting, template_files, template_libraries
from curation_lib.text.tokenizers.settings import Tokenized, tokenizer_files, tokenizer_libraries


class Rendered(Tokenized, Protocol):
    """Settings of a stage that takes records as texts."""

    @property
    def chat_template(self) -> ChatTemplateSetting | None: ...


def model_files(config: Rendered) -> dict[str, str]:
    """Files of the tokenizer and of the template, by name."""
    return {**tokenizer_files(config), **template_files(config.chat_template)}


def libraries_of(config: Rendered) -> tuple[str, ...]:
    """What counts tokens, and what renders records."""
    return (*tokenizer_libraries(config), *template_libraries(config.chat_template))
