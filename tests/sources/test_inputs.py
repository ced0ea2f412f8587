"""Where inputs lie: what is found, what it is called, and what is said where nothing is."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
import s3fs

from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.stage import Shard
from curation_lib.sources.inputs import SourceConfig, list_shards, local_copy
from tests.sources.archives import page, read, warc

SUFFIXES = (".jsonl", ".jsonl.gz")
ROW = b'{"text": "a"}\n'


def shards(*paths: str | Path) -> list[Shard]:
    return list_shards(SourceConfig(source="s", paths=[str(p) for p in paths]), SUFFIXES)


def names(*paths: str | Path) -> list[str]:
    return [shard.name for shard in shards(*paths)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/2.jsonl", "b/10.jsonl", "a/1.JSONL.GZ", "a/notes.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ROW)
    return tmp_path / "in"


def test_folders_globs_and_files_in_one_order(folder: Path) -> None:
    every = ["a/1.JSONL.GZ", "b/10.jsonl", "b/2.jsonl"]
    assert names(folder) == names(f"{folder}/") == names(f"{folder}/**/*") == names(f"{folder}/*/*") == every
    assert names(folder / "b" / "2.jsonl", folder / "a") == ["1.JSONL.GZ", "2.jsonl"]
    assert names(f"{folder}/b/[0-9].jsonl") == names(f"{folder}/b/?.jsonl") == ["2.jsonl"]
    assert names(folder / "a" / "notes.txt") == ["notes.txt"], "a file that is named is taken whatever its suffix"


def test_a_name_does_not_depend_on_its_neighbours(folder: Path) -> None:
    before = {s.name: s.sha256 for s in shards(folder)}, {s.name: s.sha256 for s in shards(f"{folder}/*/*.jsonl")}
    for gone in ("a/1.JSONL.GZ", "b/10.jsonl"):
        (folder / gone).unlink()
    assert names(folder) == names(f"{folder}/*/*.jsonl") == ["b/2.jsonl"]
    assert "b/2.jsonl" in before[0]
    assert "b/2.jsonl" in before[1]


def test_rows_are_called_the_same_wherever_the_folder_lies(folder: Path, tmp_path: Path) -> None:
    ids = [row["doc_id"] for row in read("jsonl", folder).rows]
    folder.rename(tmp_path / "elsewhere")
    assert [row["doc_id"] for row in read("jsonl", tmp_path / "elsewhere").rows] == ids


@pytest.mark.parametrize("path", ["nowhere", "in/c*", "in/a/*.jsonl", "in/empty"])
def test_a_path_without_inputs_is_named_with_the_suffixes(folder: Path, path: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ConfigError) as error:
        shards(folder.parent / path)
    assert str(folder.parent / path) in str(error.value)
    assert ".jsonl, .jsonl.gz" in str(error.value)


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "a" / "2.jsonl").write_bytes(ROW)
    with pytest.raises(ConfigError, match=r"are both called '2\.jsonl'.*common folder"):
        shards(folder / "a", folder / "b")
    assert len(shards(folder)) == 4


def test_a_file_that_changed_since_it_was_listed_stops_the_build(folder: Path) -> None:
    [shard] = shards(folder / "b" / "2.jsonl")
    (folder / "b" / "2.jsonl").write_bytes(ROW * 2)
    with pytest.raises(StoreError, match="was 14 bytes when listed and is 28 now"), local_copy(shard):
        pass
    (folder / "b" / "2.jsonl").unlink()
    with pytest.raises(StoreError, match="cannot read"), local_copy(shard):
        pass


def put(bucket: str, key: str, data: bytes) -> str:
    boto3.client("s3").put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=data)
    return f"{bucket}/{key}"


def test_s3(s3: str, tmp_path: Path) -> None:
    put(s3, "in/b/x.jsonl", ROW)
    put(s3, "in/a.jsonl", ROW)
    put(s3, "in/w.warc.gz", warc(tmp_path / "w.warc.gz", page(1)).read_bytes())
    assert names(f"{s3}/in") == names(f"{s3}/in/") == names(f"{s3}/in/**") == ["a.jsonl", "b/x.jsonl"]
    assert names(f"{s3}/in/*.jsonl") == names(f"{s3}/in/a.jsonl") == ["a.jsonl"]
    assert shards(f"{s3}/in/a.jsonl")[0].sha256.startswith("etag:")
    assert read("jsonl", f"{s3}/in").bodies == [b"a", b"a"]
    assert read("warc", f"{s3}/in").ids == read("warc", tmp_path / "w.warc.gz").ids


def refusal(path: str) -> str:
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises((StoreError, ConfigError)) as error:
        shards(path)
    assert path in str(error.value)
    assert "\n" not in str(error.value)
    return f"{type(error.value).__name__}: {error.value}"


def test_s3_that_cannot_be_read(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from moto.core.responses import ActionAuthenticatorMixin

    path = put(s3, "in/a.jsonl", ROW)
    for missing in ("s3://no-such-bucket-here/in", "s3://no-such-bucket-here/in/*.jsonl"):
        assert refusal(missing).startswith(f"StoreError: cannot list {missing}: there is no bucket")
    with monkeypatch.context() as wrong:
        wrong.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
        wrong.setattr(ActionAuthenticatorMixin, "request_count", 1)
        wrong.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")
        assert refusal(path).startswith("StoreError: cannot list")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "credentials" in refusal(path)


def test_https(web: tuple[str, Path], tmp_path: Path) -> None:
    address, served = web
    (served / "x.jsonl").write_bytes(ROW)
    warc(served / "w.warc.gz", page(1))
    assert read("jsonl", f"{address}/x.jsonl").bodies == [b"a"]
    assert names(f"{address}/x.jsonl") == ["x.jsonl"]
    assert read("warc", f"{address}/w.warc.gz").ids == read("warc", served / "w.warc.gz").ids
    [shard] = shards(f"{address}/x.jsonl")
    assert shard.sha256 == shards(served / "x.jsonl")[0].sha256
    with pytest.raises(StoreError, match="missing.jsonl"):
        shards(f"{address}/missing.jsonl")


def test_a_server_that_does_not_answer_is_one_line() -> None:
    assert refusal("http://127.0.0.1:9/x.jsonl").startswith("StoreError: cannot list")
