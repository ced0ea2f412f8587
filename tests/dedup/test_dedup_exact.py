from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.dedup import exact
from curation_lib.dedup.exact import STAGE, ExactConfig

SMALLEST = ExactConfig(survivor="smallest_id")


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    batch = documents(
        [
            {"doc_id": "b", "text": "One  page\n"},
            {"doc_id": "a", "text": "one page"},
            {"doc_id": "c", "text": "One  page\n"},
            {"doc_id": "d", "text": "onepage"},
            {"doc_id": "e", "text": "twice"},
            {"doc_id": "e", "text": "twice"},
            {"doc_id": "e", "text": "cut"},
            {"doc_id": "f", "text": " \u2003TWICE"},
            {"doc_id": "g", "text": ""},
            {"doc_id": "h", "text": "\u00a0"},
            {"doc_id": "i", "text": "É"},
            {"doc_id": "j", "text": "é"},
        ]
    )
    outcome = run(STAGE, [[batch]], ExactConfig(survivor="longest"))
    assert outcome.kept == ["b", "d", "f", "h", "i", "j"]
    assert sorted((doc, d.rule, d.kept_twin, d.score) for doc, d in outcome.drops) == [
        ("a", "duplicate_content", "b", 1.0),
        ("c", "duplicate_content", "b", 1.0),
        ("e", "duplicate_content", "f", 1.0),
        ("e", "duplicate_id", "f", None),
        ("g", "duplicate_content", "h", 1.0),
    ]
    assert outcome.bad == [("e", "duplicate_id: e has other content")]


def test_a_repeated_id_whose_first_document_is_a_copy_points_to_a_kept_one(
    run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    batch = documents([{"doc_id": i, "text": "same"} for i in "bba"])
    outcome = run(STAGE, [[batch]], SMALLEST)
    assert outcome.kept == ["a"]
    assert sorted((d.rule, d.kept_twin) for _, d in outcome.drops) == [
        ("duplicate_content", "a"),
        ("duplicate_id", "a"),
    ]


@pytest.mark.parametrize(
    ("settings_", "kept"),
    [
        ({"survivor": "longest"}, "long"),
        ({"survivor": "newest"}, "new"),
        ({"survivor": "preferred_source", "preferred_sources": ["x", "y"]}, "source"),
        ({"survivor": "smallest_id"}, "id"),
        ({}, "long"),
    ],
)
def test_who_survives(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    settings_: dict[str, Any],
    kept: str,
) -> None:
    day = [datetime(2024, 1, n, tzinfo=UTC) for n in (1, 2, 3)]
    batch = documents(
        [
            {"doc_id": "new", "text": "a b", "fetched_at": day[2], "source": "z"},
            {"doc_id": "source", "text": "a b", "fetched_at": day[1], "source": "y"},
            {"doc_id": "long", "text": "a \t b", "source": "z"},
            {"doc_id": "id", "text": "a b", "fetched_at": day[0], "source": "z"},
        ]
    )
    outcome = run(STAGE, [[batch]], ExactConfig(**settings_))
    assert outcome.kept == [kept]
    assert {d.kept_twin for _, d in outcome.drops} == {kept}


def test_a_shared_hash_alone_removes_nothing(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    def colliding(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(column), np.uint64), np.zeros(len(column), np.uint64)

    monkeypatch.setattr(exact, "normalised_hashes", colliding)
    texts = {"a": "one", "b": "two", "c": "One", "d": "two", "e": "three"}
    outcome = run(STAGE, [[documents([{"doc_id": i, "text": t} for i, t in texts.items()])]], SMALLEST)
    assert outcome.kept == ["a", "b", "e"]
    assert {doc: twin for doc, (_, twin, _) in outcome.dropped().items()} == {"c": "a", "d": "b"}


def test_text_is_read_only_where_bytes_differ(
    run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    rows = [{"doc_id": f"{n:03}", "text": "copied"} for n in range(50)]
    assert run(STAGE, [[documents(rows)]], SMALLEST).read == []
    rows += [{"doc_id": "x", "text": "Copied"}, {"doc_id": "y", "text": "alone"}]
    outcome = run(STAGE, [[documents(rows)]], SMALLEST)
    assert outcome.read == [2]
    assert outcome.kept == ["000", "y"]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "X", "x ", "y", "", " "])), max_size=9),
    st.randoms(use_true_random=False),
    st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=3),
    st.integers(1, 5),
)
def test_neither_order_nor_splits_matter(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    split: Callable[..., Any],
    rows: list[tuple[str, str]],
    random: Any,
    sizes: list[list[int]],
    partitions: int,
) -> None:
    whole = documents([{"doc_id": i, "text": t} for i, t in rows])
    expected = run(STAGE, [[whole]], ExactConfig())
    shuffled = whole.take(pa.array(random.sample(range(len(rows)), len(rows)), pa.int64()))
    found = run(STAGE, split(shuffled, sizes), ExactConfig(), partitions)
    for outcome in (expected, found):
        outcome.drops = sorted((doc, str(drop._replace(row=0))) for doc, drop in outcome.drops)
    assert sorted(found.kept) == sorted(expected.kept)
    assert sorted(found.bad) == sorted(expected.bad)
    assert found.drops == expected.drops
    assert len({i for i, _ in rows}) >= len(found.kept) == len(set(found.kept))


def test_identical_captures_stand_once(run: Callable[..., Any], corpus: Callable[..., pa.RecordBatch]) -> None:
    batch = corpus("web-archive-pages")
    outcome = run(STAGE, [[batch]], SMALLEST)
    plain = [" ".join(t.split()).encode().lower() for t in batch.column("text").to_pylist()]
    assert len(outcome.kept) == len(set(plain)) < batch.num_rows
    text = dict(zip(batch.column("doc_id").to_pylist(), plain, strict=True))
    assert all(text[doc] == text[drop.kept_twin] for doc, drop in outcome.drops)
    assert {drop.kept_twin for _, drop in outcome.drops} <= set(outcome.kept)


def test_preferred_sources_go_with_their_policy() -> None:
    for wrong in ({"survivor": "preferred_source"}, {"preferred_sources": ["a"]}):
        with pytest.raises(ValidationError, match="preferred_sources together"):
            ExactConfig(**wrong)
