"""Documents to export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.contract import DOCUMENT


def _documents(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    filled = [
        {
            "doc_id": f"{i:032x}",
            "source": "web",
            "source_id": str(i),
            "text": f"text {i}",
            "content_hash": "c",
            "license": "MIT",
            "format": "html",
            **row,
        }
        for i, row in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(filled, schema=DOCUMENT)


@pytest.fixture(scope="session")
def documents() -> Callable[[Sequence[dict[str, Any]]], pa.RecordBatch]:
    return _documents


@pytest.fixture(scope="session")
def varied() -> pa.RecordBatch:
    """Seven documents with what breaks naive writers: nulls, line ends, quotes, no text, rare scripts."""
    return _documents(
        [
            {"text": 'a "quoted"\nline\r\n\u2028 and \\', "url": "https://example.org/?a=1&b=|"},
            {"text": "", "language": "en"},
            {"text": "𝒳 日本語 ÿ", "language": "ja", "metadata": [("b", "2"), ("a", 'x"y')]},
            {"text": "copy", "doc_id": "d" * 32, "source": "wiki", "license": "CC-BY-4.0", "metadata": []},
            {"text": "copy", "doc_id": "d" * 32, "source": "wiki", "license": "CC-BY-4.0"},
            {
                "text": "a\0b",
                "source": "wiki",
                "language": "de",
                "license": "CC-BY-4.0",
                "language_score": 0.5,
            },
            {"text": "long " * 2000, "source": "wiki", "language": "de"},
        ]
    )


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """`datasets` with its cache under tmp_path and no network."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return lambda kind, path: datasets.load_dataset(kind, data_files=str(path), split="train")
