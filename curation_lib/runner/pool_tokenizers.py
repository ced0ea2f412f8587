"""The tokenizer of pools: one that is named, or one trained on the base and kept in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation_lib.core.fingerprint import file_sha256, fingerprint, library_versions
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.pool_documents import parts_of, read_parts
from curation_lib.runner.session import Session
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.bpe import trained
from curation_lib.valuation.pool import sampled
from curation_lib.valuation.pool_settings import TokenizerChoice

VERSION = 1
"""Bump when the same documents would train another tokenizer."""
_DOCUMENTS, _BYTES = 250, 4 << 20
"""At most, for each megabyte that is asked for: documents have 4 KB on average; books have not."""


def tokenizer_of(choice: TokenizerChoice, base: Sequence[Manifest], session: Session) -> TokenizerSetting:
    """The tokenizer: the one that is named, or one trained on the base's documents, in the store under
    `tokenizers/<fingerprint>/`."""
    if isinstance(choice, TokenizerSetting):
        return choice
    told = [VERSION, choice.model_dump(), [m.fingerprint for m in base], library_versions(["tokenizers"])]
    key = f"tokenizers/{fingerprint(told)}/tokenizer.json"
    if not session.store.exists(key):
        found = read_parts(session.store, parts_of(base))
        chosen = sampled(found, choice.megabytes * _DOCUMENTS, choice.megabytes * _BYTES)
        session.store.put(key, trained([one.text for one in chosen], choice.train).encode())
    return TokenizerSetting(name="tokenizer.json", path=session.store.address(key))


def tokenizer_identity(tokenizer: TokenizerSetting) -> list[Any]:
    """What of a tokenizer shapes a pool, JSON-ready."""
    bytes_ = file_sha256(tokenizer.path) if tokenizer.path is not None else ""
    vocabulary = load_tokenizer(tokenizer).vocab_size
    return [tokenizer.only("output"), bytes_, library_versions(tokenizer.libraries), vocabulary]
