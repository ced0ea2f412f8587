"""From the setting to the tokenizer. One per process: stages that name the same tokenizer share it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from curation_lib.core.fingerprint import file_sha256
from curation_lib.core.local_copy import local_copy
from curation_lib.text.tokenizers.byte_counts import ByteCounts
from curation_lib.text.tokenizers.settings import TIKTOKEN, Tokenized, TokenizerSetting
from curation_lib.text.tokenizers.tokenizer import Tokenizer


def load_tokenizer(setting: TokenizerSetting | str | Mapping[str, str | None]) -> Tokenizer:
    """The tokenizer that a setting, or what a recipe writes for it, names. Raises ConfigError for what cannot be
    loaded, StoreError for what cannot be reached, pydantic's ValidationError for what names none."""
    setting = TokenizerSetting.model_validate(setting)
    return _loaded(setting, file_sha256(setting.path) if setting.path is not None else "")


def load(config: Tokenized) -> Tokenizer:
    """For a stage's `load`."""
    return load_tokenizer(config.tokenizer)


@lru_cache(maxsize=4)
def _loaded(setting: TokenizerSetting, sha256: str) -> Tokenizer:
    if setting.path is not None:
        from curation_lib.text.tokenizers.hugging_face import HuggingFace

        return HuggingFace(local_copy(setting.path).read_bytes(), setting.path, setting.eos)
    if setting.name.startswith(TIKTOKEN):
        from curation_lib.text.tokenizers.tiktoken_encodings import Tiktoken, tiktoken_library

        return Tiktoken(tiktoken_library(setting.name.removeprefix(TIKTOKEN)), setting.eos)
    return ByteCounts()
