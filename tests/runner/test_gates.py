"""Law 7: gates fail closed. What a failed gate leaves, and what comes of a verdict that was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation_lib.core.errors import ContractError, StoreError
from curation_lib.core.recipe import parse_recipe
from curation_lib.runner.gates import gate_key, require_passed, run_gate
from curation_lib.runner.lineage import complete
from curation_lib.runner.plan import Step, plan
from curation_lib.runner.steps import StepResult
from curation_lib.runner.store import Store
from tests.runner.corpora import build, simple, simple_inputs, tree, write_jsonl

TOO_MANY = {"frame": "metrics", "type": "ExpectColumnValuesToBeBetween", "column": "share_en", "min_value": 0.99}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return simple_inputs(tmp_path / "inputs")


def step_of(recipe: dict[str, Any], name: str) -> Step:
    return next(s for s in plan(parse_recipe(recipe)) if s.id == name)


def test_a_contract_that_cannot_hold_stops_the_build_there(inputs: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    earlier = build(simple(inputs), store)
    before = tree(store)
    recipe = simple(inputs, gates={"dedup.exact": [TOO_MANY]})
    finished: list[Any] = []
    with pytest.raises(ContractError) as error:
        build(recipe, store, said=finished.append)
    message = str(error.value)
    assert "dedup.exact" in message
    assert "ExpectColumnValuesToBeBetween" in message
    assert "share_en" in message
    page = next(word.strip("().,") for word in message.split() if word.strip("().,").endswith(".html"))
    assert Path(page.removeprefix("file://")).is_file(), page
    steps = [one.step for one in finished if isinstance(one, StepResult)]
    assert steps == ["sources.books", "dedup.exact"]
    after = tree(store)
    assert {k: v for k, v in after.items() if k in before} == before
    assert {k.split("/")[0] for k in set(after) - set(before)} == {"contracts"}
    assert len(list(store.glob("exports/small/*"))) == 1
    assert (store / "exports/small" / str(earlier.build_id)).is_dir()


def test_a_failed_gate_is_judged_again_each_time(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs, gates={"sources.books": [TOO_MANY]})
    for _ in range(2):
        with pytest.raises(ContractError, match="share_en"):
            build(recipe, tmp_path / "store")
    store = Store(str(tmp_path / "store"))
    step = step_of(recipe, "sources.books")
    (manifest,) = (complete(store, k.rpartition("/")[0]) for k in store.list("datasets") if k.endswith("manifest.json"))
    with pytest.raises(ContractError, match="sources.books"):
        require_passed(step, manifest, store)


def test_a_rule_that_never_fires_where_it_must_stops_the_build(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs, gates={"dedup.exact": [{"must_fire": ["dedup.exact.duplicate_id"]}]})
    with pytest.raises(ContractError, match="dedup.exact"):
        build(recipe, tmp_path / "store")


def test_a_stage_that_takes_everything_stops_the_build(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs, stages=[{"filters.length": {"min_characters": 10**6}}])
    with pytest.raises(ContractError, match="filters.length"):
        build(recipe, tmp_path / "store")


def test_a_source_that_yields_nothing_stops_the_build(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "inputs" / "a.jsonl", [b"not json"])
    with pytest.raises(ContractError, match="sources.books yields no document") as error:
        build(simple(tmp_path / "inputs"), tmp_path / "store")
    assert "1 quarantined" in str(error.value)


def test_what_no_gate_has_judged_may_not_be_used(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs)
    done = build(recipe, tmp_path / "store", until="sources.books")
    store, step = Store(str(tmp_path / "store")), step_of(recipe, "sources.books")
    manifest = complete(store, done.steps[0].directory)
    require_passed(step, manifest, store)
    store.remove(f"{gate_key(manifest, step.contract)}/result.json")
    with pytest.raises(StoreError, match="run its gate first"):
        require_passed(step, manifest, store)


def test_a_verdict_that_was_cut_off_is_judged_again(inputs: Path, tmp_path: Path) -> None:
    recipe = simple(inputs)
    done = build(recipe, tmp_path / "store", until="sources.books")
    store, step = Store(str(tmp_path / "store")), step_of(recipe, "sources.books")
    manifest = complete(store, done.steps[0].directory)
    key = f"{gate_key(manifest, step.contract)}/result.json"
    store.put(key, store.read(key)[:40])
    assert not run_gate(step, manifest, store).reused
    assert run_gate(step, manifest, store).reused
