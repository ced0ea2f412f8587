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
from curation_lib.dedup.survivors import ranks
from curation_lib.text.hashing import content_hashes

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
            {"doc_id": "k", "text": "two of one"},
            {"doc_id": "k", "text": "two of one"},
            {"doc_id": "k", "text": "id"},
        ]
    )
    outcome = run(STAGE, [[batch]], ExactConfig(survivor="longest"))
    assert outcome.kept == ["b", "d", "e", "f", "h", "i", "j", "k"]
    assert all(d.threshold == 1.0 for _, d in outcome.drops)
    assert sorted((doc, d.rule, d.kept_twin, d.score) for doc, d in outcome.drops) == [
        ("a", "duplicate_content", "b", 1.0),
        ("c", "duplicate_content", "b", 1.0),
        ("e", "duplicate_content", "f", 1.0),
        ("e", "duplicate_content", "f", 1.0),  # no document called e was kept yet
        ("g", "duplicate_content", "h", 1.0),
        ("k", "duplicate_id", "k", 1.0),
    ]
    assert outcome.bad == [("k", "duplicate_id: k has other content")]


def test_only_a_kept_document_is_a_reason(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    """The first b goes as a copy of a, so the second may stay; then it stands for its id, and c for its own text."""
    rows = [("a", "same text   "), ("b", "same text"), ("b", "own te"), ("b", "own te"), ("b", "own"), ("c", "own")]
    batch = documents([{"doc_id": i, "text": t} for i, t in rows])
    outcome = run(STAGE, [[batch]], ExactConfig())
    assert outcome.kept == ["a", "b", "c"]
    assert [(d.rule, d.kept_twin) for _, d in outcome.drops] == [("duplicate_content", "a"), ("duplicate_id", "b")]
    assert outcome.bad == [("b", "duplicate_id: b has other content")]


@pytest.mark.parametrize(
    ("settings_", "kept"),
    [
        ({"survivor": "longest"}, "long"),
        ({"survivor": "newest"}, "new"),
        ({"survivor": "preferred_source", "preferred_sources": ["x", "y"]}, "source"),
        ({"survivor": "smallest_id"}, "id"),
        ({}, "long"),
        ({"preferred_sources": ["y"]}, "source"),
        ({"preferred_sources": ["z"]}, "long"),
        ({"survivor": "newest", "preferred_sources": ["x", "z", "y"]}, "new"),
        ({"survivor": "smallest_id", "preferred_sources": ["z"]}, "id"),
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


def test_a_time_of_any_year_ranks_behind_no_other_source(documents: Callable[..., pa.RecordBatch]) -> None:
    """Times do not spill into the place of the source, and the unknown is oldest."""
    years = [1, 1969, 1970, 2024, 9999]
    rows = [
        {"doc_id": s, "text": "", "source": s, "fetched_at": datetime(y, 1, 1, tzinfo=UTC)} for s in "ab" for y in years
    ]
    rows += [{"doc_id": s, "text": "", "source": s} for s in "ab"]
    found = ranks(documents(rows), ExactConfig(survivor="newest", preferred_sources=["b", "x", "a"]))
    order = [
        (rows[n]["source"], getattr(rows[n].get("fetched_at"), "year", None)) for n in np.argsort(found, kind="stable")
    ]
    assert order == [(s, y) for s in "ba" for y in (9999, 2024, 1970, 1969, 1, None)]


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


@settings(max_examples=60)
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


def plainly(rows: list[dict[str, Any]], released: list[list[dict[str, Any]]]) -> tuple[list[str], set[Any], list[str]]:
    """The rule in plain Python, longest first: `(kept, drops, quarantined)`. Every release stays whole."""
    by_id, by_text = {}, {}
    for row in (r for release in released for r in in_order(release)):
        by_id.setdefault(row["doc_id"], row)
        by_text.setdefault(" ".join(row["text"].split()).lower(), row)
    kept, drops, bad = [], [], []
    for row in in_order(rows):
        same_id, same_text = by_id.get(row["doc_id"]), by_text.get(" ".join(row["text"].split()).lower())
        if same_id and same_id["text"] == row["text"]:
            drops.append((row["doc_id"], "duplicate_id", row["doc_id"]))
        elif same_id:
            bad.append(row["doc_id"])
        elif same_text:
            drops.append((row["doc_id"], "duplicate_content", same_text["doc_id"]))
        else:
            by_id[row["doc_id"]] = by_text[" ".join(row["text"].split()).lower()] = row
            kept.append(row["doc_id"])
    return sorted(kept), sorted(drops), sorted(bad)


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hashes = content_hashes(pa.array([r["text"] for r in rows], pa.large_string())).to_pylist()
    keyed = sorted(
        zip((-len(r["text"]) for r in rows), (r["doc_id"] for r in rows), hashes, range(len(rows)), strict=True)
    )
    return [rows[n] for *_, n in keyed]


ROWS = st.lists(
    st.fixed_dictionaries({"doc_id": st.sampled_from("abcd"), "text": st.sampled_from(["x", "X", "x ", "y", "", " "])}),
    max_size=8,
)


@settings(max_examples=120)
@given(ROWS, st.lists(ROWS, max_size=2), st.integers(1, 5))
def test_equals_plain_python_against_any_releases(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    rows: list[dict[str, Any]],
    released: list[list[dict[str, Any]]],
    partitions: int,
) -> None:
    outcome = run(STAGE, [[documents(rows)]], ExactConfig(), partitions, [[[documents(r)]] for r in released])
    kept, drops, bad = plainly(rows, released)
    assert sorted(outcome.kept) == kept
    assert sorted((doc, d.rule, d.kept_twin) for doc, d in outcome.drops) == drops
    assert sorted(doc for doc, _ in outcome.bad) == bad


def test_identical_captures_stand_once(run: Callable[..., Any], corpus: Callable[..., pa.RecordBatch]) -> None:
    batch = corpus("web-archive-pages")
    outcome = run(STAGE, [[batch]], SMALLEST)
    plain = [" ".join(t.split()).encode().lower() for t in batch.column("text").to_pylist()]
    assert len(outcome.kept) == len(set(plain)) < batch.num_rows
    text = dict(zip(batch.column("doc_id").to_pylist(), plain, strict=True))
    assert all(text[doc] == text[drop.kept_twin] for doc, drop in outcome.drops)
    assert {drop.kept_twin for _, drop in outcome.drops} <= set(outcome.kept)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"survivor": "preferred_source"}, "needs preferred_sources"),
        ({"preferred_sources": ["a", "b", "a"]}, "twice"),
        ({"against": ["s3://b/x", "s3://b/x/manifest.json"]}, "s3://b/x stands twice"),
        ({"against": ["/"]}, "names nothing"),
        ({"against": "s3://b/x"}, "tuple"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ExactConfig(**wrong)
