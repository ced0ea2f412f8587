"""Releases as a user names them: what is refused, what is found, what the books say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curation_lib.audit.duplicates import duplicates
from curation_lib.audit.garbage import collect
from curation_lib.audit.samples import dropped_sample
from curation_lib.audit.trace import trace
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe, recipe_fingerprint
from curation_lib.runner.build import dry_run, run_build
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from curation_lib.text.hashing import doc_id
from tests.runner.corpora import build, prose, rows, run_steps, tree, write_jsonl
from tests.runner.releases import LEVELS, addresses, calls, datasets, deduped, recipe


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two crawls of made-up documents: b repeats one of a as it is and one almost."""
    near = prose(1).replace("river", "stream", 1) + "\nOne more line stands at the end of this text."
    write_jsonl(tmp_path / "in" / "a" / "0.jsonl", rows(0, 6))
    repeats = [{"id": "copy", "url": "https://b.example/copy", "text": prose(0)}, {"id": "near", "text": near}]
    write_jsonl(tmp_path / "in" / "b" / "0.jsonl", [*rows(10, 6), *repeats])
    return tmp_path / "in"


def wrong_entries(folder: Path) -> dict[str, tuple[str, str]]:
    """Entry and what the message says, by kind."""
    for name, text in {"empty": None, "torn": "{not", "other": '{"shards": [], "name": "x"}', "list": "[]"}.items():
        (folder / name).mkdir()
        if text is not None:
            (folder / name / "manifest.json").write_text(text)
    return {
        "nothing there": (str(folder / "none"), "no finished dataset"),
        "no manifest": (str(folder / "empty"), "no finished dataset"),
        "not json": (str(folder / "torn"), "not JSON"),
        "not ours": (str(folder / "other"), "not a dataset's"),
        "not even a mapping": (str(folder / "list"), "not a dataset's"),
        "unknown filesystem": ("nosuch://x/y", "nosuch"),
    }


KINDS_OF_WRONG = ["nothing there", "no manifest", "not json", "not ours", "not even a mapping", "unknown filesystem"]


@pytest.mark.parametrize("kind", KINDS_OF_WRONG)
def test_what_is_no_release_is_refused_before_work_starts(small: Path, tmp_path: Path, kind: str) -> None:
    entry, said = wrong_entries(tmp_path)[kind]
    wrong = recipe(small, "b", {"dedup.minhash": [entry]})
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps(wrong))
    commands = (
        ["validate", str(path)],
        ["build", str(path), "--store", str(tmp_path / "store"), "--dry-run"],
        ["build", str(path), "--store", str(tmp_path / "store")],
        [
            "stage",
            "dedup.minhash",
            "--input",
            str(small / "b"),
            "--output",
            str(tmp_path / "out"),
            "--set",
            f"against=[{entry}]",
        ],
    )
    for command in commands:
        done = CliRunner().invoke(cli, command)
        assert done.exit_code == 1, command
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: dedup.minhash: against: "), line
        assert entry in line, line
        assert said in line, line
    assert not (tmp_path / "store").exists()
    assert not (tmp_path / "out").exists()


def test_an_export_stands_for_its_mixture(small: Path, tmp_path: Path) -> None:
    a = build(recipe(small, "a"), tmp_path / "store")
    export = Store(a.store).address(a.directories()["export.pretrain"])
    b = run_steps(
        recipe(small, "b", {level: [f"{export}/"] for level in LEVELS}), tmp_path / "store", until="dedup.minhash"
    )
    assert {level: sum(datasets(b)[level].counts["dropped"].values()) for level in LEVELS} == dict.fromkeys(LEVELS, 1)
    (fact,) = datasets(b)["dedup.minhash"].facts["released"]
    assert fact["directory"] == a.directories()["shuffle.pretrain"]
    moved = shutil.copytree(export, tmp_path / "moved")
    with pytest.raises(
        ConfigError,
        match=r"moved is an export away from its store.* give the mixture it was made from, datasets/shuffle",
    ):
        dry_run(parse_recipe(recipe(small, "b", {"dedup.exact": [str(moved)]})), Store(str(tmp_path / "store")))


def test_a_stage_without_releases_refuses_them(tmp_path: Path, small: Path) -> None:
    settings_ = {**recipe(small, "b"), "stages": [{"filters.length": {"against": ["x"]}}]}
    with pytest.raises(ConfigError, match="unknown key 'against'"):
        run_build(parse_recipe(settings_), Store(str(tmp_path / "store")), LocalScheduler(1))


def test_what_a_release_holds_counts_and_its_place_does_not(small: Path, tmp_path: Path) -> None:
    a = run_steps(recipe(small, "a"), tmp_path / "store", until="dedup.minhash")
    here = addresses(a)
    there = {level: [str(shutil.copytree(place, tmp_path / level))] for level, (place,) in here.items()}
    first = run_steps(recipe(small, "b", here), tmp_path / "store")
    forecast = dry_run(parse_recipe(recipe(small, "b", there)), Store(str(tmp_path / "store")))
    assert {row["state"] for row in forecast} == {"reused"}
    second = run_steps(recipe(small, "b", there), tmp_path / "store")
    assert {s.state for s in second.steps} == {"reused"}
    assert second.build_id == first.build_id
    assert recipe_fingerprint(parse_recipe(recipe(small, "b", here))) == recipe_fingerprint(
        parse_recipe(recipe(small, "b"))
    )
    none = run_steps(recipe(small, "b"), tmp_path / "store")
    assert none.build_id != first.build_id
    assert none.directories()["dedup.exact"] != first.directories()["dedup.exact"]
    less = run_steps(recipe(small, "b", {**here, "dedup.exact": []}), tmp_path / "store")
    assert less.build_id not in (none.build_id, first.build_id)


def test_the_release_named_first_gives_the_twin(small: Path, tmp_path: Path) -> None:
    write_jsonl(small / "c" / "0.jsonl", [{"id": "mine", "text": prose(0)}])
    made = [deduped(small, source, tmp_path / "store") for source in "ab"]
    for first, second, twin in ((made[0], made[1], doc_id("a", "doc-0")), (made[1], made[0], doc_id("b", "copy"))):
        done = deduped(small, "c", tmp_path / "store", first, second)
        (key,) = datasets(done)["dedup.exact"].files("drops")
        assert pq.read_table(tmp_path / "store" / key).column("kept_twin").to_pylist() == [twin]


def test_a_later_crawl_of_the_same_source(small: Path, tmp_path: Path) -> None:
    """Ids of a release come again: with the same text they go, with another they are quarantined."""
    first = deduped(small, "a", tmp_path / "store")
    shutil.rmtree(small / "a")
    write_jsonl(small / "a" / "1.jsonl", [rows(0, 1)[0], {**rows(1, 1)[0], "text": prose(41)}, *rows(42, 2)])
    counts = datasets(deduped(small, "a", tmp_path / "store", first))["dedup.exact"].counts
    assert counts["dropped"] == {"dedup.exact.duplicate_id": 1}
    assert sum(counts["quarantined"].values()) == 1
    assert counts["kept"] == 2


def test_books_name_the_release_that_holds_the_twin(small: Path, tmp_path: Path) -> None:
    """Its build's store or another: trace, sample and card know; a release that is gone is no error."""
    for n, where in enumerate((tmp_path / "one", tmp_path / "two")):
        a = run_steps(recipe(small, "a"), tmp_path / "one")
        b = run_steps(recipe(small, "b", addresses(a)), where)
        store = Store(str(where))
        (history,) = trace(store, "https://b.example/copy", b.build_id)
        event = history["events"][-1]
        assert (event["rule"], event["kept_twin"]) == ("duplicate_content", doc_id("a", "doc-0"))
        assert (event["twin_url"], event["twin_source"]) == ("https://a.example/0", "a")
        place = a.directories()["dedup.exact"]
        assert event["twin_release"] == (Store(a.store).address(place) if n else place)
        (near,) = dropped_sample(store, str(b.build_id), "near_duplicate")
        assert (near["source_id"], near["twin_url"]) == ("near", "https://a.example/1")
        assert near["text"].startswith(prose(1)[:8])
        exact, minhash = duplicates(store, str(b.build_id))["steps"]
        assert [c["leader"]["url"] for c in exact["clusters"]["largest"]] == ["https://a.example/0"]
        (cluster,) = minhash["clusters"]["largest"]
        assert (cluster["leader"]["url"], cluster["size"]) == ("https://a.example/1", 2)
        assert {"river ", "stream "} <= {part["text"] for part in cluster["diff"]["parts"]}
        shown = CliRunner().invoke(
            cli, ["sample", str(b.build_id), "--dropped", "near_duplicate", "--store", store.url]
        )
        assert f"like https://a.example/1 of {near['twin_release']}" in shown.output
        card = store.read(f"{b.directories()['export.pretrain']}/README.md").decode()
        print_ = datasets(a)["dedup.exact"].fingerprint
        assert f"| dedup.exact | dedup.exact | `{print_}` | 6 |" in card
        assert card.count("| dedup.exact | 8 |") == 1  # the funnel is that of this build alone
    shutil.rmtree(tmp_path / "one")
    (history,) = trace(store, "https://b.example/copy")
    assert history["events"][-1]["twin_url"] is None


@pytest.mark.parametrize("where", ["s3", "file"])
def test_a_release_may_lie_in_another_kind_of_store(small: Path, tmp_path: Path, s3: str, where: str) -> None:
    places = {"s3": f"{s3}/store", "file": str(tmp_path / "store")}
    other = places["file" if where == "s3" else "s3"]
    a = run_steps(recipe(small, "a"), places[where], until="dedup.minhash")
    b = run_steps(recipe(small, "b", addresses(a)), other)
    assert (calls(b)["key"], datasets(b)["dedup.minhash"].counts["kept"]) == (1, 6)
    (history,) = trace(Store(other), "near")
    assert history["events"][-1]["twin_url"] == "https://a.example/1"
    assert history["events"][-1]["twin_release"] == addresses(a)["dedup.minhash"][0]


def test_gc_keeps_a_release_as_long_as_a_build_was_compared_with_it(small: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    a = run_steps(recipe(small, "a"), tmp_path / "store", until="dedup.minhash")  # no build record of its own
    b = run_steps(recipe(small, "b", addresses(a)), tmp_path / "store")
    collect(store)
    left = tree(tmp_path / "store")
    for level in LEVELS:
        directory = a.directories()[level]
        for manifest in (complete(store, directory), complete(store, b.directories()[level])):
            assert {*manifest.parts(), *manifest.files("keys"), manifest.key} <= set(left)
    assert not [name for name in left if name.startswith(f"{a.directories()['sources.a']}/")]
    (event,) = (h["events"][-1] for h in trace(store, "https://b.example/copy"))
    assert event["twin_url"] == "https://a.example/0"
    write_jsonl(small / "c" / "0.jsonl", [*rows(30, 3), {"id": "again", "text": prose(2)}])
    c = run_steps(recipe(small, "c", addresses(a, b)), tmp_path / "store")
    assert calls(c, "dedup.exact")["key"] == calls(c)["key"] == 1
    for record in store.list("builds"):
        store.remove(record)
    collect(store)
    assert [name for name in tree(tmp_path / "store") if name.startswith(("datasets/", "work/"))] == []
