"""Law 2: the same recipe and inputs give the same bytes, whatever workers, batches and the order of listing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curation_lib.core import places as listing
from tests.laws.conftest import Built
from tests.runner.corpora import run_steps, tree, write_jsonl

EXEMPT = ("run.json", "contracts/", "locks/")


@pytest.fixture(scope="module")
def other(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same build with two workers, batches of 7 rows and files listed in another order."""
    store = tmp_path_factory.mktemp("other") / "store"
    with pytest.MonkeyPatch.context() as patch:
        listed: Any = vars(listing)["_matches"]

        def backwards(fs: Any, root: str) -> tuple[str, list[str]]:
            base, found = listed(fs, root)
            return base, found[::-1]

        patch.setattr(listing, "_matches", backwards)
        run_steps(built.recipe, store, workers=2, batch_rows=7)
    return store


def test_every_file_is_the_same_byte_for_byte(built: Built, other: Path) -> None:
    one, two = tree(built.folder, *EXEMPT), tree(other, *EXEMPT)
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_neighbouring_maps_leave_the_same_bytes_in_any_batches(tmp_path: Path) -> None:
    """Maps in a row are one step, and each books what it takes out of every batch."""
    page = "Home\n3 likes\nA plain sentence {n} that stays, it does.\nSUBSCRIBE TO OUR LETTER.\nno end\nSee https://a.example/{n} for more of it.\n"
    texts = [page.format(n=n) if n % 3 else ("Home\nShare\n", "one\ntwo\n")[n % 2] for n in range(40)]
    write_jsonl(tmp_path / "in" / "a.jsonl", [{"id": str(n), "text": text} for n, text in enumerate(texts)])
    maps = ["filters.c4_lines", "filters.boilerplate_lines", {"filters.text_modifiers": {"modifiers": ["urls"]}}]
    source = {"stage": "sources.jsonl", "paths": str(tmp_path / "in"), "license": "MIT"}
    recipe = {"corpus": "maps", "sources": {"rows": source}, "stages": maps}
    ends = {"licenses": {"allow": ["MIT"]}, "mixes": {"pretrain": {"default_weight": 1.0}}}
    one, two = tmp_path / "one", tmp_path / "two"
    run_steps(recipe | ends, one)
    run_steps(recipe | ends, two, batch_rows=7)
    whole, parts = tree(one, *EXEMPT), tree(two, *EXEMPT)
    assert [name for name in whole if whole[name] != parts.get(name)] == []
    stages = {
        row["stage"] for name in whole if "/ledger/edits" in name for row in pq.read_table(one / name).to_pylist()
    }
    assert len(stages) == 3


def test_all_kinds_of_files_were_compared(built: Built) -> None:
    names = list(tree(built.folder, *EXEMPT))
    for kind in (
        "/ledger/drops",
        "/ledger/edits",
        "/ledger/edges",
        "/quarantine/",
        "scores/",
        "shards/",
        "work/",
        "builds/",
        "README.md",
        "mix.svg",
    ):
        assert any(kind in name for name in names), kind
    for end in ("manifest.json", ".jsonl.zst", ".parquet", ".bin", ".idx", ".mds", "mds/index.json", ".tar"):
        assert any(name.endswith(end) and name.startswith("exports/") for name in names), end


def test_the_bytes_depend_on_the_content(built: Built, tmp_path: Path) -> None:
    """The comparison can fail: one document more, and datasets lie elsewhere."""
    source = next(s for s in built.build.steps if s.step == "sources.sources-jsonl")
    recipe = {**built.recipe, "sources": {k: dict(v) for k, v in built.recipe["sources"].items()}}
    recipe["sources"]["sources-jsonl"]["license"] = "CC0-1.0"
    changed = run_steps(recipe, tmp_path / "store", until="sources.sources-jsonl")
    assert source.directory not in {s.directory for s in changed.steps}
