"""Code in a stage's import closure does not change without a new version (Law 2 across releases)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.laws import stage_versions
from tests.laws.stage_versions import COMMAND, LOCK, closure_of, current, hash_of, main, unversioned


def test_no_stage_changed_without_a_version() -> None:
    locked, now = json.loads(LOCK.read_text()), current()
    changed = unversioned(locked, now)
    assert not changed, (
        f"the code behind {', '.join(changed)} changed: raise `version` in the stage's module and run `{COMMAND}`, "
        "with --same-output instead of a new version only if the output is the same byte for byte"
    )
    assert now == locked, f"stages came, went or have a new version: run `{COMMAND}`"


def test_the_closure_reaches_shared_kernels_but_not_the_runner() -> None:
    found = closure_of("curation_lib.dedup.minhash")
    assert {"curation_lib.text.minhash", "curation_lib.core.contract", "curation_lib.dedup.greedy"} <= set(found)
    assert not [name for name in found if name.startswith(("curation_lib.runner", "curation_lib.audit"))]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one stage that leads to a kernel."""
    for path, text in {
        "curation_lib/filters/short.py": "from curation_lib.text import words\nLIMIT = 3\n",
        "curation_lib/text/words.py": 'def count(t):\n    """Words."""\n    return len(t.split())\n',
        "curation_lib/text/other.py": "x = 1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def hash_now(project: Path) -> str:
    stage_versions.imports_of.cache_clear()
    stage_versions.tree_of.cache_clear()
    return hash_of("curation_lib.filters.short", project)


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("filters/short.py", "LIMIT = 3", "LIMIT = 4", True),
        ("text/words.py", "t.split()", "t.split(' ')", True),
        ("text/words.py", "Words.", "Words of a text.", False),
        ("text/words.py", "return len(t.split())", "return len(  # of all\n        t.split())", False),
        ("text/other.py", "x = 1", "x = 2", False),
        ("filters/short.py", "LIMIT", "from curation_lib.text.other import x\nLIMIT", True),
    ],
)
def test_what_counts_as_a_change(project: Path, file: str, old: str, new: str, changes: bool) -> None:
    before = hash_now(project)
    path = project / "curation_lib" / file
    path.write_text(path.read_text().replace(old, new))
    assert (hash_now(project) != before) == changes


def test_update_refuses_changed_code_under_the_same_version(tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    name, *_ = now = current()
    stale = {**now, name: {**now[name], "closure": "0" * 32}}
    lock.write_text(json.dumps(stale))
    refused = main(["--update", "--lock", str(lock)])
    assert refused is not None
    assert name in refused
    assert "--same-output" in refused
    assert json.loads(lock.read_text()) == stale
    assert main(["--update", "--same-output", "--lock", str(lock)]) is None
    assert json.loads(lock.read_text()) == now


def test_update_takes_new_versions_and_new_stages(tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    name, other, *_ = now = current()
    older = {k: v for k, v in now.items() if k != other} | {name: {"version": 0, "closure": "0" * 32}}
    lock.write_text(json.dumps(older))
    assert main(["--update", "--lock", str(lock)]) is None
    assert json.loads(lock.read_text()) == now


def test_a_version_does_not_go_back() -> None:
    assert unversioned({"a": {"version": 2, "closure": "x"}}, {"a": {"version": 1, "closure": "y"}}) == ["a"]
