"""`against` through the real runner: the law on files, what is computed, what is refused, what stays findable."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation_lib.cli import cli
from curation_lib.runner.build import Build
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.parts import read_arrow
from curation_lib.runner.store import Store
from tests.runner.corpora import run_steps
from tests.runner.releases import LEVELS, addresses, calls, datasets, deduped, recipe, run_cli

Rows = list[dict[str, Any]]


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
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
