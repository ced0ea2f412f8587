"""`against` through the real runner: the law on files, what is computed, what is refused, what stays findable."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation_lib.audit.duplicates import duplicates
from curation_lib.audit.garbage import collect
from curation_lib.audit.samples import dropped_sample
from curation_lib.audit.trace import trace
from curation_lib.cli import cli
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import parse_recipe, recipe_fingerprint
from curation_lib.runner.build import Build, dry_run, run_build
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_arrow
from curation_lib.runner.store import Store
from curation_lib.text.hashing import doc_id
from tests.runner.corpora import RAW, build, prose, rows, run_steps, tree, write_jsonl

LEVELS = ("dedup.exact", "dedup.minhash")
Rows = list[dict[str, Any]]


def recipe(inputs: Path, sources: str, against: dict[str, list[str]] | None = None, **dedup: Any) -> dict[str, Any]:
    """Both levels of dedup over sources a, b, c of a folder; of several, those named earlier are preferred."""
    source = {"stage": "sources.jsonl", "license": "MIT", "normalize": [{"normalize.plain": {"clean": False, **RAW}}]}
    stages = [
        {level: {"preferred_sources": list(sources)[:-1], "against": (against or {}).get(level, []), **dedup}}
        for level in LEVELS
    ]
    return {
        "corpus": f"crawl-{sources}",
        "sources": {name: {**source, "paths": str(inputs / name)} for name in sources},
        "stages": stages,
        "licenses": {"allow": ["MIT"]},
        "mixes": {"pretrain": {"default_weight": 1.0}},
    }


def datasets(done: Build) -> dict[str, Manifest]:
    return {s.step: complete(Store(done.store), s.directory) for s in done.steps if s.step in LEVELS}


def addresses(*builds: Build) -> dict[str, list[str]]:
    """Where each level of each build lies."""
    return {level: [Store(b.store).address(b.directories()[level]) for b in builds] for level in LEVELS}


def calls(done: Build, step: str = "dedup.minhash") -> dict[str, int]:
    return next(s.calls for s in done.steps if s.step == step)


def deduped(inputs: Path, sources: str, store: Path, *earlier: Build, **options: Any) -> Build:
    return run_steps(recipe(inputs, sources, addresses(*earlier)), store, until="dedup.minhash", **options)


@pytest.fixture(scope="module")
def pages(data: Path) -> Callable[[str], Rows]:
    def load(name: str) -> Rows:
        packed = (data / "dedup" / f"{name}.docs.jsonl.zst").read_bytes()
        text = zstandard.ZstdDecompressor().stream_reader(packed).read().decode()
        found = [json.loads(line) for line in text.split("\n") if line]
        short = [r for r in found if 200 < len(r["text"]) < 6000]
        if name == "powershell-versions":  # the versions of a page side by side
            short.sort(key=lambda r: r["id"].partition("/")[2])
        return [{"id": r["id"], "url": f"https://x.example/{r['id']}", "text": r["text"]} for r in short]

    return load


def write_crawls(folder: Path, found: Rows, rng: random.Random, crawls: str = "ab") -> Path:
    """The rows dealt to crawls, with some repeated as they are, in capitals, or under an id that another text has."""
    made = [*found, *({**r, "text": r["text"].upper()} for r in rng.sample(found, 9)), *rng.sample(found, 9)]
    made += [{**r, "text": s["text"]} for r, s in zip(rng.sample(found, 9), rng.sample(found, 9), strict=True)]
    rng.shuffle(made)
    for row in made:
        name = rng.choice(crawls)
        path = folder / name / f"{rng.randrange(3)}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
    return folder


def files(manifest: Manifest) -> list[dict[str, str]]:
    """Hashes of every file of every shard, by kind: equal ones are so bit for bit."""
    return [{kind: f.sha256 for kind, f in e.files.items()} | {"counts": json.dumps(e.counts)} for e in manifest.shards]


@pytest.mark.parametrize("name", ["powershell-versions", "perturbed-18f"])
@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), batch_rows=st.sampled_from([7, 1024]), same_store=st.booleans())
def test_the_law_holds_in_files(
    name: str,
    pages: Callable[[str], Rows],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    batch_rows: int,
    same_store: bool,
) -> None:
    rng, folder = random.Random(seed), tmp_path_factory.mktemp("law")
    found = pages(name)
    start = rng.randrange(len(found) - 150)
    inputs = write_crawls(folder / "in", found[start : start + 150], rng)
    a = deduped(inputs, "a", folder / "one", batch_rows=batch_rows)
    b = deduped(inputs, "b", folder / ("one" if same_store else "two"), a)
    both = deduped(inputs, "ab", folder / "both", batch_rows=1024 if batch_rows == 7 else 7)
    check_law(both, [a, b])


def check_law(both: Build, crawls: list[Build]) -> None:
    for level in LEVELS:
        whole = datasets(both)[level]
        apart = [e for done in crawls for e in files(datasets(done)[level])]
        assert apart == files(whole), level


@dataclass(frozen=True)
class Crawls:
    """Three crawls of real documents, one after the other in one store."""

    inputs: Path
    store: Path
    a: Build
    b: Build
    c: Build


@pytest.fixture(scope="module")
def crawls(pages: Callable[[str], Rows], tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    folder = tmp_path_factory.mktemp("crawls")
    inputs = write_crawls(folder / "in", pages("powershell-versions")[:240], random.Random(2), "abc")
    a = deduped(inputs, "a", folder / "store")
    b = deduped(inputs, "b", folder / "store", a)
    c = deduped(inputs, "c", folder / "store", a, b, workers=2)
    return Crawls(inputs, folder / "store", a, b, c)


@pytest.mark.parametrize("workers", [1, 2])
def test_three_releases_in_a_chain(crawls: Crawls, tmp_path: Path, workers: int) -> None:
    at_once = deduped(crawls.inputs, "abc", tmp_path / "store", workers=workers)
    check_law(at_once, [crawls.a, crawls.b, crawls.c])
    assert all(m.counts["kept"] < m.counts["rows_in"] for m in datasets(at_once).values())
    alone = deduped(crawls.inputs, "c", tmp_path / "alone")
    for level, least in (("dedup.exact", 20), ("dedup.minhash", 1)):
        taken = [sum(datasets(done)[level].counts["dropped"].values()) for done in (alone, crawls.c)]
        assert taken[0] + least <= taken[1], level


def test_a_new_crawl_costs_only_its_own_documents(crawls: Crawls, tmp_path: Path) -> None:
    """The key rows of what a dataset keeps lie beside it, in its own store or another."""
    for level in LEVELS:
        assert calls(crawls.c, level)["key"] == 3
        assert calls(crawls.c, level)["apply"] == 3
    assert calls(deduped(crawls.inputs, "c", tmp_path / "elsewhere", crawls.a, crawls.b))["key"] == 3
    again = run_steps(recipe(crawls.inputs, "c", addresses(crawls.a, crawls.b)), crawls.store, until="dedup.minhash")
    assert {s.state for s in again.steps} == {"reused"}


def test_a_setting_that_only_decides_keys_nothing_again(crawls: Crawls, tmp_path: Path) -> None:
    store = shutil.copytree(crawls.store, tmp_path / "store")
    changed = recipe(crawls.inputs, "c", addresses(crawls.a, crawls.b), survivor="newest")
    changed["stages"][1]["dedup.minhash"]["threshold"] = 0.5
    done = run_steps(changed, store, until="dedup.minhash")
    assert "key" not in calls(done, "dedup.exact")
    assert calls(done)["decide"] == 1
    other = recipe(crawls.inputs, "c", addresses(crawls.a, crawls.b))
    other["stages"][1]["dedup.minhash"]["bands"] = 10
    done = run_steps(other, store, until="dedup.minhash")
    assert calls(done)["key"] == 9  # these key rows nobody has


def test_key_rows_beside_a_dataset_are_those_of_its_documents(crawls: Crawls, tmp_path: Path) -> None:
    """Read from the parts, as a reference without key rows is, they are the same bytes; and they are kept here."""
    store = Store(str(shutil.copytree(crawls.store, tmp_path / "store")))
    made = datasets(crawls.a)["dedup.minhash"]
    stripped = strip(store, made)
    plain = {**addresses(crawls.a), "dedup.minhash": [store.address(stripped)]}
    other = tmp_path / "other"
    done = run_steps(recipe(crawls.inputs, "b", plain), other, until="dedup.minhash", batch_rows=7)
    assert calls(done)["key"] == 6
    assert files(datasets(done)["dedup.minhash"]) == files(datasets(crawls.b)["dedup.minhash"])
    place = datasets(done)["dedup.minhash"].directory.replace("datasets/", "work/", 1)
    for n, key in enumerate(made.files("keys")):
        computed = read_arrow(Store(str(other)), f"{place}/released-0-{n:05d}.arrow")
        assert computed.equals(read_arrow(Store(str(crawls.store)), key))
    # A third crawl against it finds them.
    third = run_steps(recipe(crawls.inputs, "c", plain), other, until="dedup.minhash")
    assert calls(third)["key"] == 3


def strip(store: Store, made: Manifest) -> str:
    """The dataset as a filter behind it would leave it: without key rows."""
    data = made.to_json()
    data["facts"] = {}
    for shard in data["shards"]:
        del shard["files"]["keys"]
    place = f"{made.directory}-plain"
    shutil.copytree(store.path(made.directory), store.path(place))
    store.put(f"{place}/manifest.json", json.dumps({**data, "directory": place}).encode())
    return place


def test_one_stage_on_files(crawls: Crawls, tmp_path: Path) -> None:
    """`winnow stage` takes as a release what it wrote itself, and the dataset of a build; both bring their key rows."""
    first, second = tmp_path / "first", tmp_path / "second"
    run_cli("stage", "dedup.minhash", "--input", str(crawls.inputs / "a"), "--output", str(first))
    given = f"against=[{first}/manifest.json, {addresses(crawls.b)['dedup.minhash'][0]}]"
    said = run_cli(
        "stage", "dedup.minhash", "--input", str(crawls.inputs / "c"), "--output", str(second), "--set", given
    )
    assert said["counts"]["dropped"]["dedup.minhash.near_duplicate"] > 20
    made, run = (json.loads((second / name).read_text()) for name in ("manifest.json", "run.json"))
    assert run["calls"]["key"] == 3
    assert [fact["url"] for fact in made["facts"]["released"]] == [str(first), addresses(crawls.b)["dedup.minhash"][0]]
    assert len(list((second / "keys").iterdir())) == 3
    refused = CliRunner().invoke(
        cli, ["stage", "dedup.minhash", "--input", str(crawls.inputs / "c"), "--output", str(first), "--set", given]
    )
    assert refused.exit_code == 1
    assert "--output" in refused.stderr
    assert (first / "manifest.json").exists()


def run_cli(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout.splitlines()[-1]))


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
    assert fact["directory"] == a.directories()["mix.pretrain"]
    moved = shutil.copytree(export, tmp_path / "moved")
    with pytest.raises(
        ConfigError, match=r"moved is an export away from its store.* give the mixture it was made from, datasets/mix"
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
