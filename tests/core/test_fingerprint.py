from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from curation_lib.core.fingerprint import file_sha256, fingerprint, library_versions, stage_identity
from curation_lib.core.registry import find

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from curation_lib.core.fingerprint import fingerprint, stage_identity
from curation_lib.core.registry import find
stage = find("filters.gopher_quality")
print(fingerprint({"b": [1, 2.5, None], "a": {"y": "é", "x": True}}), fingerprint(stage_identity(stage, stage.config())))
"""


def test_the_same_in_every_process() -> None:
    def run(seed: str) -> str:
        environment = {"PYTHONHASHSEED": seed, "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    here = find("filters.gopher_quality")
    expected = fingerprint({"a": {"x": True, "y": "é"}, "b": [1, 2.5, None]})
    assert run("1") == run("2") == f"{expected} {fingerprint(stage_identity(here, here.config()))}\n"


def test_keys_in_another_order_are_equal_and_values_are_not() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert len({fingerprint(v) for v in ({"a": 1}, {"a": "1"}, {"a": 1.5}, {"a": None}, [1], [[1]])}) == 6


def test_where_inputs_lie_is_no_part_of_a_stage_s_identity() -> None:
    stage = find("sources.jsonl")
    here, there = (stage.config(source="s", paths=[p], batch_rows=n) for p, n in (("a", 1), ("b", 2)))
    assert stage_identity(stage, here) == stage_identity(stage, there)
    other = stage.config(source="s", paths=["a"], text_field="body")
    assert stage_identity(stage, other) != stage_identity(stage, here)


def test_a_model_counts_by_its_bytes(tmp_path: Path) -> None:
    stage = find("normalize.html")
    paths = [tmp_path / name for name in ("a.ftz", "b.ftz", "c.ftz")]
    for path, content in zip(paths, (b"one", b"one", b"two"), strict=True):
        path.write_bytes(content)
    one, same, other = (stage_identity(stage, stage.config(language_model=str(p))) for p in paths)
    assert one == same
    assert one != other
    assert one["models"] == [file_sha256(str(paths[0]))]


def test_libraries_are_named_with_their_versions() -> None:
    assert list(library_versions(("pyarrow", "orjson"))) == ["orjson", "pyarrow"]
    with pytest.raises(ModuleNotFoundError):
        library_versions(("no-such-distribution",))
