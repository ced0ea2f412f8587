"""Every format opened by its real library: counts are the manifest's, ids are the tokenizer's, damage is named."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from curation_lib.audit.export_check import READERS, check_exports, check_files
from curation_lib.core.errors import ConfigError
from curation_lib.runner.build import Build
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.exported_files import Asked, export_files
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store, canonical_json
from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import rows, run_steps, simple, write_jsonl

FORMATS = ["parquet", "jsonl", "tokens", "megatron", "mds", "webdataset"]


@pytest.fixture(scope="module")
def python() -> str:
    if not Path(READERS).is_file():
        if os.environ.get("WINNOW_REQUIRE_DATA"):
            pytest.fail("no trainers' libraries: `make setup-readers`")
        pytest.skip("no trainers' libraries: `make setup-readers`")
    return READERS


def built(folder: Path, workers: int = 1, **export: Any) -> tuple[Build, Store]:
    tokenizer = write_tokenizer(folder / "tokenizer.json")
    write_jsonl(folder / "in" / "f0.jsonl", rows(0, 60))
    recipe = simple(folder / "in")
    mix = {"default_weight": 1, "token_budget": 20_000, "max_epochs": 2}
    recipe["mixes"] = {"pretrain": {**mix, "tokenizer": tokenizer}}
    recipe["export"] = {"formats": FORMATS, "shuffle": {"part_bytes": 30_000}, **export}
    return run_steps(recipe, folder / "store", workers), Store(str(folder / "store"))


@pytest.fixture(scope="module", params=["none", "best_fit"])
def one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, Store]:
    length = {} if request.param == "none" else {"sequence_length": 128}
    return built(tmp_path_factory.mktemp("export"), packing=request.param, **length)


def test_every_library_finds_what_the_manifest_says(one: tuple[Build, Store], python: str) -> None:
    build, store = one
    manifest = complete(store, build.directories()["export.pretrain"])
    assert len(manifest.shards) > 1
    found = list(check_exports(store, str(build.build_id), None, python))
    assert [check.format for check in found] == sorted(FORMATS)
    for check in found:
        assert check.ok, check
        assert check.expected["rows"] > 0
        assert check.expected["tokens"] > 15_000
    formats = manifest.facts["formats"]
    assert len({(formats[name]["tokens"], formats[name]["ends"]) for name in FORMATS[2:]}) == 1
    assert formats["megatron"]["tokens"] == sum(group["tokens"] for group in manifest.facts["composition"])
    assert formats["megatron"]["ends"] == manifest.counts["kept"]


def test_damage_is_named(one: tuple[Build, Store], python: str) -> None:
    build, store = one
    directory = build.directories()["export.pretrain"]
    part = complete(store, directory).shards[0].files["mds"].path
    whole = store.read(f"{directory}/{part}")
    store.put(f"{directory}/{part}", whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        wrong = {c.format: c.wrong for c in check_exports(store, str(build.build_id), "pretrain", python) if not c.ok}
    finally:
        store.put(f"{directory}/{part}", whole)
    assert wrong == {"mds": (f"{part} has other bytes than were written",)}


def test_texts_without_a_tokenizer(tmp_path: Path, python: str) -> None:
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 12))
    recipe = simple(tmp_path / "in") | {"export": {"formats": ["parquet", "mds", "webdataset"]}}
    build = run_steps(recipe, tmp_path / "store")
    found = list(check_exports(Store(str(tmp_path / "store")), str(build.build_id), None, python))
    assert {check.format: (check.ok, check.expected) for check in found if check.format != "parquet"} == dict.fromkeys(
        ["mds", "webdataset"], (True, {"rows": 12, "tokens": 0})
    )


def test_an_export_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    """Its manifest has no counts by format, and no files beside parts."""
    write_jsonl(tmp_path / "in" / "f0.jsonl", rows(0, 12))
    recipe = simple(tmp_path / "in") | {"export": {"formats": ["parquet", "jsonl"]}}
    build = run_steps(recipe, tmp_path / "store")
    store = Store(str(tmp_path / "store"))
    key = f"{build.directories()['export.pretrain']}/manifest.json"
    manifest = store.read_json(key)
    del manifest["facts"]["formats"], manifest["facts"]["files"]
    store.put(key, canonical_json(manifest))
    found = list(check_exports(store, str(build.build_id), None, sys.executable))
    assert [(check.format, check.ok, check.expected["rows"]) for check in found] == [
        ("jsonl", True, 12),
        ("parquet", True, 12),
    ]


def test_what_is_not_there_is_named(one: tuple[Build, Store], python: str) -> None:
    build, store = one
    with pytest.raises(ConfigError, match="make setup-readers"):
        list(check_exports(store, str(build.build_id), None, "no/python"))
    with pytest.raises(ConfigError, match="phases are pretrain"):
        list(check_exports(store, str(build.build_id), "midtrain", python))


def test_files_that_were_exported_without_a_recipe(tmp_path: Path, python: str) -> None:
    write_jsonl(tmp_path / "in.jsonl", rows(0, 40))
    tokenizer, output = write_tokenizer(tmp_path / "tokenizer.json"), str(tmp_path / "out")
    asked = Asked(FORMATS, tokenizer, "best_fit", 128, part_bytes=20_000)
    done = export_files([str(tmp_path / "in.jsonl")], output, asked, LocalScheduler(1))
    found = list(check_files(output, python))
    assert [check.format for check in found] == sorted(FORMATS)
    assert all(check.ok and check.expected["tokens"] > 1000 for check in found), found
    part = tmp_path / "out" / done.manifest.shards[0].files["megatron.bin"].path
    part.write_bytes(part.read_bytes()[:-2])
    assert [check.format for check in check_files(output, python) if not check.ok] == ["megatron"]
    with pytest.raises(ConfigError, match="no export; give what `winnow export write` wrote"):
        list(check_files(str(tmp_path / "none"), python))
