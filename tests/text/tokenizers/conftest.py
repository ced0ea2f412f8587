"""Tokenizers of real models, from the folder of real data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from curation_lib.text.tokenizers.by_library import ByLibrary
from curation_lib.text.tokenizers.loading import load_tokenizer
from tests.text.tokenizers.tokenizer_files import cached_vocabularies, digits_file, gpt2_file, split_file


@pytest.fixture(scope="session")
def vocabularies(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that tiktoken finds its vocabularies in, offline; skips without real data."""
    folder = cached_vocabularies(data / "models" / "tokenizers", tmp_path_factory.mktemp("tiktoken"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def gpt2(data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of GPT-2's tokenizer.json."""
    return gpt2_file(data / "models" / "tokenizers" / "r50k_base.tiktoken", tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="session")
def named(
    vocabularies: Path, gpt2: str, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], ByLibrary]:
    """The tokenizer of a name: an encoding of tiktoken, gpt2, or llama3, qwen2 and starcoder2, which split as those do."""
    ranks = data / "models" / "tokenizers" / "cl100k_base.tiktoken"

    def file(name: str) -> str:
        if name == "starcoder2":
            return digits_file(ranks.with_name("r50k_base.tiktoken"), tmp_path_factory.mktemp(name))
        more = {"normalizer": {"type": "NFC"}, "plain": {"<tool_call>": 100258}} if name == "qwen2" else {}
        return gpt2 if name == "gpt2" else split_file(ranks, tmp_path_factory.mktemp(name), name, **more)

    @cache
    def load(name: str) -> ByLibrary:
        tokenizer = load_tokenizer(f"tiktoken/{name}" if name.endswith("_base") else file(name))
        assert isinstance(tokenizer, ByLibrary)
        return tokenizer

    return load
