"""A model is found as a folder, as a name whose current version counts, or as anyone's file; nothing half-made is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest

from curation_lib.core.artefact import (
    CURRENT,
    MANIFEST,
    ModelManifest,
    TrainingData,
    find_model,
    hashed_files,
    model_facts,
    verified_file,
)
from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.local_copy import lasting_copy, local_copy
from curation_lib.runner.models import current, made_model, make_current, publish_model, versions
from curation_lib.runner.store import Store
from curation_lib.training.writing import Described, complete

DATA = TrainingData(name="a", label="good", documents=2, bytes=9, licenses={"MIT": 2}, sha256="0" * 64)


def made(
    folder: Path, epochs: int = 5, content: bytes = b"weights", data: TrainingData = DATA, name: str = "quality"
) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(content)
    described = Described(name, "fasttext", "MIT", {"epoch": epochs}, [data], ("numpy",))
    complete(folder, described, {"accuracy": 1.0}, "# quality\n")
    return folder


def test_a_folder_is_a_model_once_its_manifest_is_there(tmp_path: Path) -> None:
    folder = made(tmp_path / "m")
    found = find_model(str(folder), ["fasttext"])
    assert found.manifest is not None
    assert sorted(found.manifest.files) == ["card.md", "metrics.json", "model.bin"]
    assert found.manifest.files["model.bin"].size == 7
    assert list(hashed_files(found, ["model.bin"])) == [MANIFEST, "model.bin"]
    (folder / MANIFEST).unlink()
    with pytest.raises(ConfigError, match="there is no model at"):
        find_model(str(folder), ["fasttext"])


def test_equal_models_have_equal_bytes_and_what_shapes_them_names_them(tmp_path: Path) -> None:
    one, two = made(tmp_path / "a"), made(tmp_path / "b")
    assert [(one / n).read_bytes() for n in (MANIFEST, "metrics.json")] == [
        (two / n).read_bytes() for n in (MANIFEST, "metrics.json")
    ]
    licensed = DATA.model_copy(update={"licenses": {"MIT": 1, "CC0-1.0": 1}})
    others = [made(tmp_path / "c", epochs=6), made(tmp_path / "d", data=licensed)]
    prints = {find_model(str(f), ["fasttext"]).manifest.fingerprint for f in (one, *others)}  # type: ignore[union-attr]
    assert len(prints) == 3


def test_the_current_version_counts_and_is_chosen(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    first, second = (publish_model(store, made(tmp_path / str(n), epochs=n)) for n in (5, 6))
    place = f"{store.url}/models/quality"
    with pytest.raises(ConfigError, match="there is no model"):
        find_model(place, ["fasttext"])
    for directory in (first, second, first):
        fingerprint = directory.rpartition("/")[2]
        make_current(store, "quality", fingerprint)
        found = find_model(place, ["fasttext"])
        assert found.manifest is not None
        assert (found.manifest.fingerprint, current(store, "quality")) == (fingerprint, fingerprint)
        assert model_facts(found)["fingerprint"] == fingerprint
    assert sorted((v["fingerprint"], v["current"]) for v in versions(store)) == sorted(
        [(first.rpartition("/")[2], True), (second.rpartition("/")[2], False)]
    )
    with pytest.raises(ConfigError, match="no version 00; versions are .*" + first.rpartition("/")[2]):
        make_current(store, "quality", "00")


def test_publishing_again_changes_nothing_and_other_bytes_are_refused(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    directory = publish_model(store, made(tmp_path / "a"))
    before = {key: store.read(key) for key in store.list("models")}
    assert publish_model(store, made(tmp_path / "b")) == directory
    with pytest.raises(Exception, match="not deterministic"):
        publish_model(store, made(tmp_path / "c", content=b"others!"))
    assert {key: store.read(key) for key in store.list("models")} == before


@pytest.mark.parametrize("name", ["", "../models", "a/b", ".", "a b"])
def test_a_name_that_leads_out_of_the_store_trains_and_publishes_nothing(tmp_path: Path, name: str) -> None:
    def train(folder: Path) -> ModelManifest:
        raise AssertionError("trained before the name was looked at")

    store = Store(str(tmp_path / "store"))
    with pytest.raises(ConfigError, match="letters, digits"):
        made_model(train, name, None, store.url, False)
    with pytest.raises(ConfigError, match="letters, digits"):
        publish_model(store, made(tmp_path / "m", name=name))
    assert not (tmp_path / "store").exists()


def test_a_place_that_cannot_take_a_model_is_told_before_the_training(tmp_path: Path) -> None:
    def train(folder: Path) -> ModelManifest:
        raise AssertionError("trained before the place was looked at")

    made(tmp_path / "m")
    with pytest.raises(ConfigError, match="m is not empty; name a new folder"):
        made_model(train, "quality", str(tmp_path / "m"), None, False)
    with pytest.raises(ConfigError, match="--output or --store"):
        made_model(train, "quality", None, None, False)
    with pytest.raises(StoreError):
        made_model(train, "quality", None, str(tmp_path / "m" / "card.md" / "store"), False)


def test_a_file_that_a_model_lacks_is_named(tmp_path: Path) -> None:
    found = find_model(str(made(tmp_path / "m")), ["fasttext"])
    with pytest.raises(ConfigError, match="card.bin is not the file of its manifest.json"):
        verified_file(found, "card.bin")
    (tmp_path / "m" / "model.bin").unlink()
    with pytest.raises(ConfigError, match="there is no model at .*m/model.bin"):
        hashed_files(found, ["model.bin"])


def test_anyones_file_is_a_model_without_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "theirs.bin"
    path.write_bytes(b"weights")
    found = find_model(str(path), ["fasttext"])
    assert found.manifest is None
    assert hashed_files(found, ["model.bin"]) == {"model": str(path)}
    assert len(model_facts(found)["sha256"]) == 64


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        (MANIFEST, b"{}", "no model's manifest .at 'name'"),
        (MANIFEST, b"{", "no model's manifest"),
        (CURRENT, b"[]", "names no fingerprint"),
        (CURRENT, b'{"fingerprint": "00"}', "current but not complete"),
    ],
)
def test_what_is_no_model_says_why(tmp_path: Path, name: str, content: bytes, named: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=named):
        find_model(str(tmp_path), ["fasttext"])


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="of kind 'fasttext', not ngram"):
        find_model(str(made(tmp_path / "m")), ["ngram"])


def test_remote_files_are_fetched_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/models/m.bin", b"weights")
    copy = local_copy("memory://models/m.bin")
    assert copy.read_bytes() == b"weights"
    assert [p.name for p in (tmp_path / "cache").rglob("*") if p.is_file()] == ["m.bin"]
    copy.write_bytes(b"kept as it is")
    assert local_copy("memory://models/m.bin").read_bytes() == b"kept as it is"
    fs.pipe_file("/models/m.bin", b"other weights")
    assert local_copy("memory://models/m.bin").read_bytes() == b"other weights"
    assert local_copy(str(copy)) == copy


def test_a_file_whose_address_tells_its_bytes_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whichever of a machine's processes, and not read again to see whether it changed."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/pools/0123/ids.bin", b"ids")
    fetched, opened = [], fsspec.open

    def counted(path: str, *more: Any, **named: Any) -> Any:
        fetched.append(path)
        time.sleep(0.1)
        return opened(path, *more, **named)

    monkeypatch.setattr(fsspec, "open", counted)
    with ThreadPoolExecutor(4) as pool:
        copies = set(pool.map(lasting_copy, ["memory://pools/0123/ids.bin"] * 4))
    assert [copy.read_bytes() for copy in copies] == [b"ids"]
    assert fetched == ["memory://pools/0123/ids.bin"]
    fs.rm("/pools", recursive=True)
    assert {lasting_copy("memory://pools/0123/ids.bin")} == copies
    fs.pipe_file("/pools/4567/ids.bin", b"others")
    assert lasting_copy("memory://pools/4567/ids.bin").read_bytes() == b"others"
    assert lasting_copy(f"file://{tmp_path}/here") == tmp_path / "here"


def test_a_file_that_changes_while_it_is_fetched_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("curation_lib.core.local_copy.file_sha256", lambda path: "0" * 64)
    fsspec.filesystem("memory").pipe_file("/models/moving.bin", b"weights")
    with pytest.raises(ConfigError, match="moving.bin changed while it was fetched; start again"):
        local_copy("memory://models/moving.bin")
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
