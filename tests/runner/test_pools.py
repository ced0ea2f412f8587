"""What names pools and tokenizers in a store: all that shapes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation_lib.core import fingerprint
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.pool_documents import View, documents
from curation_lib.runner.pool_tokenizers import tokenizer_identity, tokenizer_of
from curation_lib.runner.pools import made_pools
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store
from curation_lib.text.tokenizers.settings import TokenizerSetting
from curation_lib.valuation.pool_settings import PoolSettings, TrainedTokenizer
from tests.runner.corpora import prose, write_jsonl

VIEWS = {"plain": View(), "shuffled": View(shuffle=True)}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Store(str(tmp_path / "store")), LocalScheduler(1))


def keys(tmp_path: Path, session: Session, **views: View) -> dict[str, str]:
    write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": prose(n)} for n in range(8)])
    base = documents(PoolSettings(paths=[str(tmp_path / "in.jsonl")]), session)
    tokenizer = tokenizer_of(TrainedTokenizer(train=300), base, session)
    return made_pools({name: (base, view) for name, view in views.items()}, tokenizer, session)


def upgraded(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    installed = fingerprint.version

    def version(name: str) -> str:
        return "99" if name == library else installed(name)

    monkeypatch.setattr(fingerprint, "version", version)


def test_what_draws_words_anew_names_their_pools(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys(tmp_path, session, **VIEWS)
    upgraded(monkeypatch, "numpy")
    after = keys(tmp_path, session, **VIEWS)
    assert before["plain"] == after["plain"]
    assert before["shuffled"] != after["shuffled"]


@pytest.mark.parametrize(("library", "changes"), [("tiktoken", True), ("tokenizers", False)])
def test_an_encoding_is_told_by_the_library_that_defines_it(
    monkeypatch: pytest.MonkeyPatch, library: str, changes: bool
) -> None:
    named: dict[str, Any] = {"name": "tiktoken/r50k_base"}
    monkeypatch.setattr("curation_lib.runner.pool_tokenizers.load_tokenizer", lambda setting: _Loaded)
    before = tokenizer_identity(TokenizerSetting.model_validate(named))
    upgraded(monkeypatch, library)
    assert (tokenizer_identity(TokenizerSetting.model_validate(named)) != before) == changes


class _Loaded:
    """Stands for an encoding, whose vocabulary would be asked of the network."""

    vocab_size = 50257


def test_books_train_a_tokenizer_by_their_beginning_of_the_sample(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long documents are not all held at once: some hundreds of them are far more than is asked for."""
    read: list[int] = []

    def trained(texts: list[str], size: int) -> str:
        from curation_lib.valuation.bpe import trained

        read.append(sum(len(text.encode()) for text in texts))
        return trained(texts, size)

    monkeypatch.setattr("curation_lib.runner.pool_tokenizers.trained", trained)
    book = "\n".join(prose(n) for n in range(900))
    write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": f"{n} {book}"} for n in range(12)])
    base = documents(PoolSettings(paths=[str(tmp_path / "in.jsonl")]), session)
    tokenizer_of(TrainedTokenizer(train=300, megabytes=1), base, session)
    assert 4 << 20 <= read[0] < (4 << 20) + len(book) + 10 < 12 * len(book)
