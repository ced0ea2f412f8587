"""What is redone when something changes: no more than it must, and what `dry_run` says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from curation_lib.core.recipe import parse_recipe
from curation_lib.runner import group
from curation_lib.runner.build import Build, dry_run
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store
from tests.runner.corpora import build, rows, run_steps, simple, simple_inputs, tree, write_jsonl

BLOCK = "filters.block"
BEHIND = {BLOCK, "export.licenses", "mix.pretrain", "shuffle.pretrain", "export.pretrain"}


def calls(done: Build) -> dict[str, dict[str, int]]:
    return {s.step: s.calls for s in done.steps if s.calls}


def said(recipe: dict[str, Any], store: Path) -> dict[str, str]:
    return {row["step"]: row["state"] for row in dry_run(parse_recipe(recipe), Store(str(store)))}


def became(done: Build) -> dict[str, str]:
    states = {"computed": "runs"}
    return {s.step: states.get(s.state, s.state) for s in done.steps}


def stricter(inputs: Path, characters: int) -> dict[str, Any]:
    recipe = simple(inputs)
    recipe["stages"][1] = {"filters.length": {"min_characters": characters}}
    return recipe


@dataclass(frozen=True)
class Before:
    """A finished build that each test takes a copy of."""

    store: Path
    build: Build


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    folder = tmp_path_factory.mktemp("before")
    return Before(folder / "store", build(simple(simple_inputs(folder / "inputs")), folder / "store"))


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return simple_inputs(tmp_path / "inputs")


@pytest.fixture
def store(before: Before, tmp_path: Path) -> Path:
    return Path(shutil.copytree(before.store, tmp_path / "store"))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "empty"


def test_every_shard_is_computed_once_and_then_never_again(before: Before, inputs: Path, store: Path) -> None:
    per_group = {"key": 3, "partition": len(group.partitions(24)), "decide": 1, "apply": 3}
    assert calls(before.build) == {
        "sources.books": {"ingest": 3},
        "dedup.exact": per_group,
        BLOCK: {"measure": 6, "keep": 3},
        "export.licenses": {"measure": 3, "keep": 3},
        "mix.pretrain": per_group,
        "shuffle.pretrain": {"scatter": 3, "gather": 1},
        "export.pretrain": {"write_shard": 1},
    }
    assert not any(gate.reused for gate in before.build.gates)
    left = tree(store)
    again = build(simple(inputs), store)
    assert calls(again) == {}
    assert {s.state for s in again.steps} == {"reused"}
    assert all(gate.reused for gate in again.gates)
    assert tree(store) == left
    assert again.build_id == before.build.build_id


def test_a_threshold_runs_decisions_and_what_follows_only(
    inputs: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading, mapping, keying of what stands before, and measuring in the block fail the build if called."""

    def never(*_: Any) -> Any:
        raise AssertionError("a new threshold must not read or measure")

    from curation_lib.filters import gopher_quality, length
    from curation_lib.sources import jsonl

    for module, name in (
        (jsonl, "read"),
        (length, "measure"),
        (gopher_quality, "measure"),
        (gopher_quality, "statistics"),
    ):
        monkeypatch.setitem(vars(module.STAGE), name, never)
    lengths = sorted(len(row["text"]) for row in rows(0, 24))
    recipe = stricter(inputs, lengths[12])
    forecast = said(recipe, store)
    done = run_steps(recipe, store)
    assert set(calls(done)) == BEHIND
    assert calls(done)[BLOCK] == {"keep": 3}
    assert forecast == became(done)
    counts = {s.step: s.counts for s in done.steps}[BLOCK]
    short = 1 + sum(length < lengths[12] for length in lengths)
    assert counts["dropped"]["filters.length.min_characters"] == short > 5
    assert counts["kept"] == 25 - short > 5


def test_the_measuring_that_must_not_run_would_be_noticed(
    inputs: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: in an empty store the same patch stops the build."""
    from curation_lib.filters import length

    def never(*_: Any) -> Any:
        raise AssertionError("measured")

    monkeypatch.setitem(vars(length.STAGE), "measure", never)
    with pytest.raises(AssertionError, match="measured"):
        run_steps(simple(inputs), empty, until=BLOCK)


def test_a_measure_setting_measures_that_filter_only(inputs: Path, store: Path) -> None:
    recipe = simple(inputs)
    recipe["stages"][2] = {"filters.gopher_quality": {"min_stop_words": 0, "stop_words": ["the"]}}
    assert calls(run_steps(recipe, store))[BLOCK] == {"measure": 3, "keep": 3}


def test_a_new_file_computes_its_own_shard_upstream_of_decisions(inputs: Path, store: Path) -> None:
    write_jsonl(inputs / "f3.jsonl", rows(700, 8))
    forecast = said(simple(inputs), store)
    done = run_steps(simple(inputs), store)
    assert forecast == became(done)
    found = calls(done)
    assert found["sources.books"] == {"ingest": 1}
    assert found["dedup.exact"]["key"] == 1
    # Unchanged shards whose documents no decision touched anew are taken over whole, all the way down.
    assert found["dedup.exact"]["apply"] == 1
    assert found[BLOCK] == {"measure": 2, "keep": 1}
    assert found["mix.pretrain"]["key"] == 1
    assert found["shuffle.pretrain"] == {"scatter": 1, "gather": 1}
    assert found["export.pretrain"] == {"write_shard": 1}  # another build has its own exports
    kept = {s.step: s.counts["kept"] for s in done.steps}
    assert (kept["sources.books"], kept["export.pretrain"]) == (33, 32)


def test_a_file_that_sorts_first_moves_the_others_and_reuses_them(inputs: Path, store: Path, empty: Path) -> None:
    write_jsonl(inputs / "a.jsonl", rows(700, 8))
    done = run_steps(simple(inputs), store)
    assert calls(done)["sources.books"] == {"ingest": 1}
    other = run_steps(simple(inputs), empty)
    skip = ("run.json", "contracts/", "shards/", "README.md")  # cards name the gates that passed
    there, here = tree(store, *skip), tree(empty, *skip)
    assert other.build_id == done.build_id
    assert {k: there.get(k) for k in here} == here  # what was taken over stands where a fresh build puts it


def test_a_changed_description_or_schedule_changes_nothing(inputs: Path, store: Path) -> None:
    changed = simple(inputs, description="other words", airflow={"retries": 9})
    assert calls(run_steps(changed, store)) == {}


@pytest.mark.parametrize("until", ["sources.books", "dedup.exact"])
def test_until_stops_behind_a_step_and_its_gate(inputs: Path, empty: Path, until: str) -> None:
    done = build(simple(inputs), empty, until=until)
    assert (done.steps[-1].step, done.gates[-1].step, done.build_id) == (until, until, None)
    assert said(simple(inputs), empty)[until] == "reused"
    assert said(simple(inputs), empty)["export.pretrain"] == "runs"


def test_a_dry_run_writes_nothing(inputs: Path, empty: Path) -> None:
    assert set(said(simple(inputs), empty).values()) == {"runs"}
    assert not empty.exists()


@pytest.mark.parametrize("module", ["filters.length", "mix.sample", "mix.shuffle", "export.parquet"])
def test_another_version_of_a_stage_is_another_build_with_exports_of_its_own(
    module: str, inputs: Path, before: Before, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export is of the datasets that stand in the record of its build."""
    old = Store(str(store)).read_json(f"builds/{before.build.corpus}/{before.build.build_id}.json")
    changed = import_module(f"curation_lib.{module}")
    monkeypatch.setattr(changed, "STAGE", replace(changed.STAGE, version=99))
    again = build(simple(inputs), store)
    assert again.build_id != before.build.build_id
    record = Store(str(store)).read_json(f"builds/{again.corpus}/{again.build_id}.json")
    directories = {step["step"]: step["directory"] for step in record["steps"]}
    manifest = complete(Store(str(store)), directories["export.pretrain"])
    assert manifest.inputs == [directories["shuffle.pretrain"]]
    assert Store(str(store)).read_json(f"builds/{old['corpus']}/{old['build_id']}.json") == old
