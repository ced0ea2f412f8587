"""What gc takes of a finished build: nothing that the build, or a later one, needs."""

from __future__ import annotations

from pathlib import Path

from curation_lib.audit.garbage import collect, find_garbage
from curation_lib.runner.store import Store
from tests.runner.corpora import run_steps, simple, simple_inputs, tree


def test_what_a_shuffle_was_gathered_from_goes(tmp_path: Path) -> None:
    """It is the whole mix once more; key rows of other steps are small, and later builds take them up."""
    recipe = simple(simple_inputs(tmp_path / "in"))
    run_steps(recipe, tmp_path / "store")
    store, before = Store(str(tmp_path / "store")), tree(tmp_path / "store", "run.json")
    garbage = collect(store)
    assert {name.split("/")[1] for name in garbage.directories} == {"shuffle.pretrain"}
    after = tree(tmp_path / "store", "run.json")
    gone = set(before) - set(after)
    assert {name.split("/")[0] for name in gone} == {"work", "shards"}
    assert any(name.startswith("work/mix.pretrain/") for name in after)
    assert find_garbage(store).keys == []
    run_steps(recipe, tmp_path / "store")
    assert tree(tmp_path / "store", "run.json") == after, "every step is reused"
