"""Every promise of the store, on a folder and on S3."""

from __future__ import annotations

import hashlib
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import s3fs

from curation_lib.core.errors import StoreError
from curation_lib.runner.store import Store, canonical_json

WRITERS = 16


def test_create_has_one_winner(store: Store) -> None:
    claims = [f"writer {n}".encode() * 1000 for n in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(lambda claim: store.create("a/manifest.json", claim), claims))
    assert won.count(True) == 1
    assert store.read("a/manifest.json") == claims[won.index(True)]
    assert store.create("a/manifest.json", b"late") is False
    assert store.list("") == ["a/manifest.json"]


def test_put_is_whole_whoever_wins(store: Store) -> None:
    contents = [bytes([65 + n]) * 300_000 for n in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda data: store.put("a/b", data), contents))
    assert store.read("a/b") in contents
    assert store.list("") == ["a/b"]


def test_writing_shows_nothing_before_its_end(store: Store) -> None:
    with store.writing("d/part") as written:
        written.file.write(b"all of it")
        assert not store.exists("d/part")
    assert store.read("d/part") == b"all of it"
    assert (written.bytes, written.sha256) == (9, hashlib.sha256(b"all of it").hexdigest())


def test_writing_leaves_nothing_after_an_error(store: Store) -> None:
    paths = []

    def write() -> None:
        with store.writing("d/part") as written:
            paths.append(written.path)
            written.file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert store.list("") == []
    assert store.unfinished("") == []
    assert not os.path.exists(paths[0])


def test_list_is_sorted_and_relative(store: Store) -> None:
    for key in ("b/2", "b/10", "a/x/y"):
        store.put(key, b"1")
    assert store.list("") == ["a/x/y", "b/10", "b/2"]
    assert store.list("b") == ["b/10", "b/2"]
    assert store.list("nothing") == []


def test_copy_remove_and_json(store: Store) -> None:
    store.put("a", canonical_json({"b": 1, "a": [2]}))
    store.copy("a", "deep/er/c")
    assert store.read_json("deep/er/c") == {"a": [2], "b": 1}
    store.remove("a")
    assert store.find_json("a") is None
    assert not store.exists("a")


def test_travels_to_workers(store: Store) -> None:
    store.put("k", b"v")
    again: Store = pickle.loads(pickle.dumps(store))
    assert again.read("k") == b"v"


def test_check_leaves_no_trace(store: Store) -> None:
    store.check()
    assert store.list("") == []


def test_what_a_killed_writer_left_is_no_key(folder_store: Store) -> None:
    folder_store.put("shards/w/a.json", b"{}")
    real = os.replace
    try:
        os.replace = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            folder_store.put("shards/w/b.json", b'{"half')
    finally:
        os.replace = real
    assert folder_store.list("shards") == ["shards/w/a.json"]
    assert len(folder_store.unfinished("shards")) == 1


def one_line(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_a_missing_bucket_is_one_line_with_a_remedy(s3: str) -> None:
    with pytest.raises(StoreError) as error:
        Store("s3://no-such-bucket-here/x").check()
    assert "s3://no-such-bucket-here/x" in one_line(error)
    assert "create the bucket or correct --store" in one_line(error)


def test_wrong_credentials_are_one_line_with_a_remedy(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.core.responses import ActionAuthenticatorMixin

    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
    monkeypatch.setattr(ActionAuthenticatorMixin, "request_count", 1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreError) as error:
        Store(s3).check()
    assert "AWS_ACCESS_KEY_ID" in one_line(error)


def test_no_credentials_are_one_line_with_a_remedy(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreError) as error:
        Store(s3).check()
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in one_line(error)


def test_an_endpoint_that_does_not_answer_is_one_line(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    with pytest.raises(StoreError) as error:
        Store(s3).check()
    assert "AWS_ENDPOINT_URL" in one_line(error)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as error:
        Store(str(tmp_path / "file" / "store")).check()
    assert str(tmp_path / "file") in one_line(error)


def test_a_file_on_its_way_is_readable_as_its_place_asks(tmp_path: Path) -> None:
    """In the store as any other file; in the temporary folder, on its way to S3, by the owner alone."""
    here = Store(str(tmp_path / "store"))
    with here.writing("a/b") as written:
        assert Path(written.path).parent == tmp_path / "store" / "a"
        assert here.list("") == []
    assert Path(here.path("a/b")).stat().st_mode & 0o044
    with Store("memory://store").writing("a/b") as written:
        assert Path(written.path).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot write to"), Store(str(tmp_path / "store")).writing("a/b"):
        pass
