from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.dedup import url
from curation_lib.dedup.url import STAGE, UrlConfig, canonical_urls

GOLDEN = Path(__file__).parents[1] / "golden" / "dedup" / "url.json"


def test_golden(run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    outcome = run(STAGE, [[documents(golden["documents"])]], UrlConfig(**golden["settings"]))
    assert outcome.kept == golden["kept"]
    assert outcome.dropped() == {doc: ("same_url", twin, 1.0) for doc, twin in golden["dropped"].items()}
    assert {similarity for *_, similarity in outcome.links} == {None}, "no text was compared"
    assert outcome.read == []


@pytest.mark.parametrize(
    ("settings_", "kept"),
    [
        ({}, "new"),
        ({"survivor": "longest"}, "long"),
        ({"survivor": "preferred_source", "preferred_sources": ["y"]}, "source"),
        ({"survivor": "smallest_id"}, "id"),
    ],
)
def test_who_survives(
    run: Callable[..., Any], documents: Callable[..., Any], settings_: dict[str, Any], kept: str
) -> None:
    day = [datetime(2024, 1, n, tzinfo=UTC) for n in (1, 2, 3)]
    rows = [
        {"doc_id": "new", "text": "a", "fetched_at": day[2]},
        {"doc_id": "source", "text": "b", "fetched_at": day[1], "source": "y"},
        {"doc_id": "long", "text": "much longer"},
        {"doc_id": "id", "text": "c", "fetched_at": day[0]},
    ]
    outcome = run(STAGE, [[documents([{"url": "https://a.example/", **row} for row in rows])]], UrlConfig(**settings_))
    assert outcome.kept == [kept]
    assert {d.kept_twin for _, d in outcome.drops} == {kept}


@pytest.mark.parametrize(
    ("setting", "one", "other"),
    [
        ({"ignore_scheme": False}, "http://h/", "https://h/"),
        ({"ignore_trailing_slash": False}, "http://h/a/", "http://h/a"),
        ({"ignore_fragment": False}, "http://h/#a", "http://h/"),
        ({"ignore_order": False}, "http://h/?a&b", "http://h/?b&a"),
        ({"ignore_parameters": ["x_*"]}, "http://h/?utm_medium=b", "http://h/"),
        ({"ignore_www": False}, "http://www.h/", "http://h/"),
    ],
)
def test_each_setting_matters(
    setting: dict[str, Any], one: str, other: str, run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    batch = documents([{"doc_id": i, "text": "", "url": url} for i, url in (("a", one), ("b", other))])
    assert len(run(STAGE, [[batch]], UrlConfig(ignore_www=True)).kept) == 1
    assert len(run(STAGE, [[batch]], UrlConfig(**{"ignore_www": True, **setting})).kept) == 2


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "http://h/", "https://h", "http://h/b"]), st.sampled_from(["x", "yy"])), max_size=9)  # fmt: skip


@settings(max_examples=60)
@given(
    ROWS,
    st.sampled_from(["newest", "longest"]),
    st.randoms(use_true_random=False),
    st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=3),
    st.integers(1, 5),
)
def test_neither_order_nor_splits_matter(
    run: Callable[..., Any],
    documents: Callable[..., pa.RecordBatch],
    split: Callable[..., Any],
    rows: list[tuple[str, str | None, str]],
    survivor: Any,
    random: Any,
    sizes: list[list[int]],
    partitions: int,
) -> None:
    config = UrlConfig(survivor=survivor)
    whole = documents([{"doc_id": i, "url": url, "text": text} for i, url, text in rows])
    expected = run(STAGE, [[whole]], config)
    shuffled = whole.take(pa.array(random.sample(range(len(rows)), len(rows)), pa.int64()))
    found = run(STAGE, split(shuffled, sizes), config, partitions)
    for outcome in (expected, found):
        outcome.drops = sorted((doc, str(drop._replace(row=0))) for doc, drop in outcome.drops)
        outcome.kept = sorted(zip(outcome.kept, outcome.texts, strict=True))
    assert (found.kept, found.drops) == (expected.kept, expected.drops)
    urls = {url and url.removeprefix("https://").removeprefix("http://").rstrip("/") for _, url, _ in rows}
    assert len(found.kept) == len(urls - {None}) + sum(url is None for _, url, _ in rows)


def test_identical_captures_stand_once(
    data: Path, run: Callable[..., Any], documents: Callable[..., pa.RecordBatch]
) -> None:
    """128 pages were captured as ARC and as WARC, 64 others once."""
    packed = (data / "dedup" / "web-archive-pages.docs.jsonl.zst").read_bytes()
    lines = zstandard.ZstdDecompressor().stream_reader(packed).read().decode().split("\n")
    rows = [json.loads(line) for line in lines if line]
    batch = documents([{"doc_id": r["id"], "url": r["url"], "text": r["text"], "source": r["source"]} for r in rows])
    outcome = run(STAGE, [[batch]], UrlConfig())
    address = {r["id"]: r["url"] for r in rows}
    assert len(outcome.kept) == len(set(canonical_urls(batch.column("url"), UrlConfig()).to_pylist())) == 192
    for doc, drop in outcome.drops:
        assert same_page(address[doc]) == same_page(address[drop.kept_twin])
    assert {doc.partition("#")[0] for doc, _ in outcome.drops} == {"example.warc.gz"}
    assert {drop.kept_twin.partition("#")[0] for _, drop in outcome.drops} == {"example.arc.gz"}


def same_page(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/")


def test_a_shared_hash_alone_removes_nothing(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any], documents: Callable[..., Any]
) -> None:
    monkeypatch.setattr(url, "priority", lambda urls, seed: np.zeros(len(urls), np.uint64))
    rows = [{"doc_id": i, "text": "", "url": f"http://h/{page}"} for i, page in zip("abcde", "xyxzy", strict=True)]
    outcome = run(STAGE, [[documents(rows)]], UrlConfig())
    assert {doc: twin for doc, (_, twin, _) in outcome.dropped().items()} == {"c": "a", "e": "b"}


def test_one_url_200_000_times_and_200_000_urls(run: Callable[..., Any], documents: Callable[..., Any]) -> None:
    rows = [{"doc_id": f"{n:06}", "text": "", "url": "https://a.example/"} for n in range(200_000)]
    outcome = run(STAGE, [[documents(rows)]], UrlConfig())
    assert outcome.kept == ["000000"]
    rows = [{**row, "url": f"https://a.example/{n}"} for n, row in enumerate(rows)]
    assert len(run(STAGE, [[documents(rows)]], UrlConfig()).kept) == 200_000
