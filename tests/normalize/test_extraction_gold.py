"""Main-content extraction against people's judgement of real pages; the numbers stand in the folder's README."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import zstandard

from curation_lib.normalize.html import STAGE
from curation_lib.sources.warc import STAGE as WARC
from tests.normalize.rows import run


def extracted(folder: Path, name: str) -> dict[str, str]:
    """Text by address of every page of the archive."""
    config = WARC.config(source="s", paths=[str(folder / f"{name}.warc.gz")])
    found: dict[str, str] = {}
    for part in WARC.read(WARC.shards(config)[0], config):
        if part.captures is not None:
            kept = run(STAGE, part.captures).kept
            found.update(zip(kept.column("url").to_pylist(), kept.column("text").to_pylist(), strict=True))
    return found


def gold(folder: Path, name: str) -> list[dict[str, Any]]:
    with zstandard.open(folder / f"{name}.gold.jsonl.zst", "rb") as f:
        return [orjson.loads(line) for line in f.read().splitlines()]


def dense(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_snippets_that_must_and_must_not_be_there(data: Path) -> None:
    found = extracted(data / "html_gold", "trafilatura-eval")
    counts: Counter[tuple[str, bool]] = Counter()
    for page in gold(data / "html_gold", "trafilatura-eval"):
        text = dense(found.get(page["url"], ""))
        counts.update((kind, dense(snippet) in text) for kind in ("with", "without") for snippet in page[kind])
    true, missed, false = counts["with", True], counts["with", False], counts["without", True]
    assert true + missed == 1867
    assert true / (true + missed) >= 0.955
    assert true / (true + false) >= 0.76


def shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(zip(*(words[n:] for n in range(4)), strict=False))


def test_whole_articles_by_shared_four_word_shingles(data: Path) -> None:
    found = extracted(data / "html_gold", "scrapinghub-aeb")
    precision, recall = [], []
    for page in gold(data / "html_gold", "scrapinghub-aeb"):
        wanted, given = shingles(page["articleBody"]), shingles(found.get(page["url"], ""))
        shared = (wanted & given).total()
        precision.append(shared / max(1, given.total()))
        recall.append(shared / max(1, wanted.total()))
    assert len(precision) == 112
    assert sum(precision) / 112 >= 0.845
    assert sum(recall) / 112 >= 0.98
