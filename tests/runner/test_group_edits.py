"""A Group that edits texts: the ledger, the content hashes and what trace says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from curation_lib.audit.trace import trace
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from tests.laws.replaying import check_replay, rows
from tests.runner.corpora import prose, run_steps, simple, tree, write_jsonl

QUOTED = "A paragraph of more than ten words that stands in the two documents of this test."
SKIP = ("run.json", "contracts/", "shards/", "README.md")


def recipe(inputs: Path, **settings: Any) -> dict[str, Any]:
    return simple(inputs, stages=[{"dedup.spans": settings}])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Store]:
    """A long document, one that shares a paragraph with it, one that holds nothing else, in two files."""
    folder = tmp_path_factory.mktemp("edits")
    long = {"id": "long", "url": "https://a.example/long", "text": f"{prose(1)}\n\n{QUOTED}"}
    short = {"id": "short", "url": "https://a.example/short", "text": f"{QUOTED}\n\n{prose(2, 4)}"}
    write_jsonl(folder / "inputs" / "a.jsonl", [short, {"id": "none", "url": "https://a.example/none", "text": QUOTED}])
    write_jsonl(folder / "inputs" / "b.jsonl", [long, {"id": "other", "text": prose(3)}])
    return run_steps(recipe(folder / "inputs"), folder / "store"), Store(str(folder / "store"))


def test_edited_documents_are_hashed_anew_and_booked(built: tuple[Any, Store]) -> None:
    build, store = built
    manifest = complete(store, build.directories()["dedup.spans"])
    assert check_replay(store, manifest) == 1
    (edit,) = rows(store, manifest, 0, "edits")
    assert (edit["stage"], edit["rule"], edit["start"], edit["end"]) == (
        "dedup.spans", "repeated_paragraph", 0, len(QUOTED) + 2,
    )  # fmt: skip
    (drop,) = rows(store, manifest, 0, "drops")
    assert (drop["rule"], drop["also_failed"]) == ("nothing_left", ["repeated_paragraph"])
    counts = {s.step: s.counts for s in build.steps}["dedup.spans"]
    assert (counts["rows_in"], counts["kept"], counts["edited"]) == (4, 3, 1)
    texts = {r["url"]: r["text"] for n in (0, 1) for r in rows(store, manifest, n, "part")}
    assert texts["https://a.example/short"] == prose(2, 4)
    assert texts["https://a.example/long"].endswith(QUOTED)


def test_trace_shows_edits_and_what_was_left_without_a_word(built: tuple[Any, Store]) -> None:
    _, store = built
    (history,) = trace(store, "https://a.example/short")
    assert history["outcome"] == "kept"
    (event,) = [e for e in history["events"] if e["event"] == "edited"]
    assert event == {
        "step": "dedup.spans", "event": "edited", "stage": "dedup.spans", "rule": "repeated_paragraph",
        "spans": 1, "bytes": len(QUOTED) + 2,
    }  # fmt: skip
    (history,) = trace(store, "https://a.example/none")
    assert history["outcome"] == "dropped"
    (event,) = [e for e in history["events"] if e["event"] == "dropped"]
    assert (event["rule"], event["also_failed"]) == ("nothing_left", ["repeated_paragraph"])


def test_real_pages_in_three_files_whatever_workers_and_batches(data: Path, tmp_path: Path) -> None:
    packed = (data / "dedup" / "web-archive-pages.docs.jsonl.zst").read_bytes()
    lines = zstandard.ZstdDecompressor().stream_reader(packed).read().decode().split("\n")
    pages = [json.loads(line) for line in lines if line]
    for n in range(3):
        some = [{"id": p["id"], "url": p["url"], "text": p["text"]} for p in pages[n::3]]
        write_jsonl(tmp_path / "inputs" / f"{n}.jsonl", some)
    settings = recipe(tmp_path / "inputs", min_tokens=20)
    one = run_steps(settings, tmp_path / "one", until="dedup.spans")
    run_steps(settings, tmp_path / "two", until="dedup.spans", workers=2, batch_rows=7)
    store = Store(str(tmp_path / "one"))
    manifest = complete(store, one.directories()["dedup.spans"])
    assert check_replay(store, manifest) > 500
    assert one.steps[-1].counts["dropped"]["dedup.spans.nothing_left"] > 80
    assert tree(tmp_path / "one", *SKIP) == tree(tmp_path / "two", *SKIP)
