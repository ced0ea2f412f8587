"""Tokenizers of real models, from the folder of real data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.text.tokenizers.tokenizer_files import cached_vocabularies, gpt2_file


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
