"""What people wrote stays before what a generator wrote, whatever else decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from curation_lib.core.registry import find

TEXT = " ".join(f"word{n} tells of fact {n * n};" for n in range(60))


@pytest.mark.parametrize("survivor", ["longest", "newest", "smallest_id", "preferred_source"])
@pytest.mark.parametrize("name", ["dedup.exact", "dedup.url", "dedup.minhash", "dedup.semantic", "dedup.spans"])
def test_a_generated_document_never_stays_for_a_natural_one(
    name: str, survivor: str, run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    """Its text is longer (by space, for exact), newer, of the preferred source and of the smaller id."""
    stage = find(name)
    url = "https://example.org/a"
    natural = {"doc_id": "z", "text": TEXT, "url": url, "source": "other"}
    made = {"doc_id": "a", "text": f"{TEXT}  ", "url": url, "source": "best", "format": "synthetic"}
    batch = documents([{**made, "fetched_at": datetime(2026, 1, 1, tzinfo=UTC)}, natural])
    outcome = run(stage, [[batch]], stage.config(survivor=survivor, preferred_sources=["best"]))
    if name == "dedup.spans":
        assert {doc for doc, _ in outcome.edits} | {doc for doc, _ in outcome.drops} == {"a"}
    else:
        assert (outcome.kept, [(doc, drop.kept_twin) for doc, drop in outcome.drops]) == (["z"], [("a", "z")])
