"""Documents with requests in their metadata, as synthetic.seeds leaves them, and settings to ask with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.stage import Context, Result
from curation_lib.synthetic.generate import STAGE
from curation_lib.text.hashing import content_hashes, doc_id

FORMS = ("knowledge_list",)
FAST = {"timeout_seconds": 0.5, "retries": 1, "retry_unanswered": 1, "max_wait_seconds": 2}


def document(text: str, n: int = 0, forms: Sequence[str] | None = FORMS, **more: Any) -> dict[str, Any]:
    """A row of DOCUMENT; `forms` are asked of it, None is no seed."""
    asked = {} if forms is None else {"synthetic_requests": json.dumps(list(forms)), "synthetic_rank": str(n)}
    return {
        "doc_id": doc_id("books", f"b#{n}"), "source": "books", "source_id": f"b#{n}", "url": f"https://a.example/{n}",
        "text": text, "content_hash": content_hashes(pa.array([text]))[0].as_py(), "language": "en",
        "language_score": 0.5, "license": "CC-BY-4.0", "license_evidence": "LICENSE", "opt_out": None,
        "format": "html", "fetched_at": None, "parents": None, "metadata": [*{"topic": "towers", **asked}.items()], **more,
    }  # fmt: skip


def batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=DOCUMENT)


def settings(url: str, **changes: Any) -> Any:
    given = {"endpoint": url, "model": "tiny", "model_license": "Apache-2.0", "api": "completion", **FAST, **changes}
    return STAGE.config.model_validate(given)


class Recalled:
    """A memory in a dict."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    def put(self, key: str, value: bytes) -> bytes:
        return self.held.setdefault(key, value)


def made(rows: Sequence[dict[str, Any]], config: Any, **context: Any) -> Result:
    assert STAGE.load is not None
    return STAGE.fn(batch(rows), config, Context(model=STAGE.load(config), **context))


def children(result: Result) -> list[dict[str, Any]]:
    """The children in order, metadata as a dict."""
    rows = result.kept.to_pylist()
    return [{**row, "metadata": dict(row["metadata"])} for row in rows if row["format"] == "synthetic"]


def outcomes(result: Result) -> list[str]:
    return [row["metadata"]["synthetic_outcome"] for row in children(result)]
