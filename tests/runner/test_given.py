"""Files and datasets given as inputs: read once into a store that lasts, whichever it is and wherever they lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation_lib.core.errors import StoreError
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.pool_documents import documents
from curation_lib.runner.session import Session
from curation_lib.runner.single import run_stage
from curation_lib.runner.store import Store
from curation_lib.valuation.pool_settings import PoolSettings
from tests.runner.corpora import prose, write_jsonl

MANY = 12


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """What `winnow stage` leaves behind, its books beside it."""
    rows = [{"id": str(n), "text": prose(n)} for n in range(MANY)]
    write_jsonl(tmp_path / "in.jsonl", [*rows, {"id": "again", "text": prose(0)}])
    run_stage("dedup.exact", [str(tmp_path / "in.jsonl")], str(tmp_path / "made"), {}, LocalScheduler(1))
    return tmp_path / "made"


def session(store: Store) -> Session:
    return Session(store, LocalScheduler(1))


def texts(store: Store, manifest: Manifest) -> list[str]:
    read = [pq.read_table(store.open(part), columns=["text"]) for part in manifest.parts()]
    return sorted(text for table in read for text in table["text"].to_pylist())


def test_a_dataset_is_copied_once_into_any_store(dataset: Path, store: Store) -> None:
    (first,) = read_inputs([str(dataset)], session(store))
    assert texts(store, first) == sorted(prose(n) for n in range(MANY))
    assert all(store.exists(book) for book in first.files("drops"))
    shutil.rmtree(dataset / "ledger")
    assert read_inputs([str(dataset)], session(store)) == [first]


def test_a_dataset_at_a_url_is_one(dataset: Path, tmp_path: Path, s3: str) -> None:
    far, here = Store(f"{s3}/vendor/made"), Store(str(tmp_path / "store"))
    for file in dataset.rglob("*"):
        if file.is_file():
            far.put(str(file.relative_to(dataset)), file.read_bytes())
    (read,) = read_inputs([far.url], session(here))
    assert texts(here, read) == sorted(prose(n) for n in range(MANY))
    assert read_inputs([str(dataset)], session(here)) == [read]


def test_a_folder_at_a_url_is_read_by_what_is_in_it(tmp_path: Path, s3: str) -> None:
    for n in range(2):
        Store(f"{s3}/vendor").put(f"{n}.jsonl", json.dumps({"id": str(n), "text": prose(n)}).encode())
    here = Store(str(tmp_path / "store"))
    (read,) = read_inputs([f"{s3}/vendor"], session(here))
    assert texts(here, read) == sorted(prose(n) for n in range(2))


def test_a_dataset_of_the_store_itself_is_not_copied(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"id": "1", "text": prose(1)}])
    store = Store(str(tmp_path / "store"))
    (made,) = read_inputs([str(tmp_path / "in.jsonl")], session(store))
    before = store.list("datasets")
    assert read_inputs([store.address(made.directory)], session(store)) == [made]
    assert store.list("datasets") == before


def test_a_copy_that_was_killed_is_made_again(dataset: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    (whole,) = read_inputs([str(dataset)], session(store))
    store.remove(whole.key)
    store.put(whole.parts()[0], b"half")
    (again,) = read_inputs([str(dataset)], session(store))
    assert again == whole
    assert texts(store, again) == sorted(prose(n) for n in range(MANY))


def test_a_dataset_with_other_bytes_than_its_manifest_says_is_refused(dataset: Path, tmp_path: Path) -> None:
    part = next(dataset.glob("part-*.parquet"))
    part.write_bytes(part.read_bytes() + b"more")
    for _ in range(2):
        with pytest.raises(StoreError, match=r"part-00000.parquet is not the file of its manifest.json"):
            read_inputs([str(dataset)], session(Store(str(tmp_path / "store"))))


def test_documents_in_a_lasting_store_are_the_same_bytes_by_whichever_way_they_are_read(tmp_path: Path) -> None:
    """A dataset's fingerprint is its bytes: what names no source is the same stages as what names theirs."""
    write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": prose(n)} for n in range(MANY)])
    stores = [Store(str(tmp_path / name)) for name in ("by-name", "named")]
    asked = [{}, {"source": "sources.jsonl"}]
    made = [
        documents(PoolSettings.model_validate({"paths": str(tmp_path / "in.jsonl"), **more}), session(store))
        for store, more in zip(stores, asked, strict=True)
    ]
    manifests = [json.loads(store.read(one.key)) for store, (one,) in zip(stores, made, strict=True)]
    assert manifests[0] == manifests[1]
