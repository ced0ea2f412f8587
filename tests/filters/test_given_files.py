"""Lists and benchmarks on S3 and behind HTTP, and such as want to fill the memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
import zstandard

from curation_lib.core.errors import ConfigError, StoreError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.stage import Filter
from curation_lib.filters import bad_words, decontaminate, url_blocklist

ITEM = "Which of the seven wonders of the ancient world still stands near the city of Cairo today?"
ROWS = "".join(json.dumps({"q": text}) + "\n" for text in (ITEM, "Who wrote the play about the prince of Denmark?"))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
}  # fmt: skip
MEGABYTES = 64


def quiz(path: str | Path, **settings: Any) -> tuple[Filter, Any]:
    benchmark = {"name": "quiz", "paths": str(path), "fields": "q", **settings}
    return decontaminate.STAGE, decontaminate.DecontaminateConfig.model_validate({"benchmarks": [benchmark]})


def blocked(path: str | Path, **settings: Any) -> tuple[Filter, Any]:
    return url_blocklist.STAGE, url_blocklist.UrlBlocklistConfig(lists={"ads": str(path)}, **settings)


def bad(path: str | Path, **settings: Any) -> tuple[Filter, Any]:
    return bad_words.STAGE, bad_words.BadWordsConfig(lists={"en": str(path)}, **settings)


def loaded(bound: tuple[Filter, Any]) -> Any:
    stage, config = bound
    assert stage.load is not None
    return stage.load(config)


def entries(bound: tuple[Filter, Any]) -> list[Any]:
    """What a blocklist holds."""
    return [np.asarray(part).tolist() for part in loaded(bound).addresses["ads"]]


def models(bound: tuple[Filter, Any]) -> Any:
    """What of the files enters the fingerprint."""
    return stage_identity(*bound)["models"]


def put(bucket: str, key: str, data: bytes) -> None:
    boto3.client("s3").put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=data)


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"q": [ITEM, "Who wrote it?"]}), sink)
    return sink.getvalue()


def test_benchmarks_on_s3(s3: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(ROWS.encode()))
    put(s3, "eval/quiz/a.jsonl.zst", (tmp_path / "a.jsonl.zst").read_bytes())
    put(s3, "eval/quiz/deep/b.parquet", parquet())
    put(s3, "eval/quiz/notes.txt", b"not an item")
    folder = loaded(quiz(f"{s3}/eval/quiz"))
    assert (folder.items, folder.searched) == ([4], [3])
    assert {unit.item for unit in folder.units} == {
        f"{f}#{n}" for f in ("a.jsonl.zst", "deep/b.parquet") for n in (0, 1)
    }
    for path in (f"{s3}/eval/quiz/*.zst", f"{s3}/eval/quiz/a.jsonl.zst"):
        assert loaded(quiz(path)).items == [2]
        assert models(quiz(path)) == models(quiz(tmp_path / "a.jsonl.zst"))


def test_lists_on_s3(s3: str, tmp_path: Path) -> None:
    put(s3, "lists/ads/domains.gz", gzip.compress(b"bad.example\n"))
    put(s3, "lists/ads/urls", b"mixed.example/bad\n")
    (tmp_path / "domains").write_bytes(b"bad.example\n")
    (tmp_path / "urls").write_bytes(b"mixed.example/bad\n")
    assert entries(blocked(f"{s3}/lists/ads")) == entries(blocked(f"{s3}/lists/ads/")) == entries(blocked(tmp_path))
    put(s3, "lists/words/en.txt", b"darn\n")
    assert set(loaded((bad_words.STAGE, bad_words.BadWordsConfig(lists=f"{s3}/lists/words")))) == {"en"}


def test_what_s3_does_not_give_is_said(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put(s3, "eval/notes.txt", b"x")
    with pytest.raises(ConfigError, match=rf"benchmarks: quiz: nothing at {s3}/eval ends in \.jsonl"):
        loaded(quiz(f"{s3}/eval"))
    with pytest.raises(StoreError, match=r"lists\.ads: cannot list s3://no-such-bucket/x: there is no bucket"):
        loaded(blocked("s3://no-such-bucket/x"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreError, match=r"benchmarks: quiz: cannot list s3://.*credentials"):
        loaded(quiz(f"{s3}/eval"))


def test_behind_http(web: tuple[str, Path]) -> None:
    """Also from a server that gives no parts of files, which Parquet needs."""
    address, served = web
    (served / "quiz.jsonl.gz").write_bytes(gzip.compress(ROWS.encode()))
    (served / "quiz.parquet").write_bytes(parquet())
    (served / "ads.txt").write_text("bad.example\nhttp://bad.example/x\n")
    for name in ("quiz.jsonl.gz", "quiz.parquet"):
        assert loaded(quiz(f"{address}/{name}")).items == [2]
        assert models(quiz(f"{address}/{name}")) == models(quiz(served / name))
    assert entries(blocked(f"{address}/ads.txt")) == entries(blocked(served / "ads.txt"))
    with pytest.raises(StoreError, match=r"benchmarks: quiz: cannot list .*/gone\.jsonl"):
        loaded(quiz(f"{address}/gone.jsonl"))
    with pytest.raises(StoreError, match=r"lists\.ads: cannot list http://127\.0\.0\.1:9/x"):
        loaded(blocked("http://127.0.0.1:9/x"))


def zeros(megabytes: int, pack: str) -> bytes:
    return PACK[pack](bytes(megabytes << 20))


def archive(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as file:
        info = tarfile.TarInfo("ads/domains")
        info.size = MEGABYTES << 20
        file.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def endless_line(path: Path, pack: str) -> Path:
    path.write_bytes(zeros(MEGABYTES, pack))
    return path


def page(path: Path) -> Path:
    """Pages that zstd makes a thousandth of."""
    pq.write_table(pa.table({"q": ["x" * (MEGABYTES << 17)]}), path, compression="zstd", use_dictionary=False)
    return path


def repeated(path: Path) -> Path:
    """A text that is stored once and stands in all rows."""
    column = pa.array(["x" * (MEGABYTES << 10)] * 1024).dictionary_encode()
    pq.write_table(pa.table({"q": column}), path, compression="zstd")
    return path


BOMBS: list[tuple[str, Callable[[Path], tuple[Filter, Any]]]] = [
    *((f"list{pack}", lambda f, p=pack: blocked(endless_line(f / f"ads{p}", p), max_file_bytes=1 << 20)) for pack in PACK),
    ("words.zst", lambda f: bad(endless_line(f / "en.zst", ".zst"), max_file_bytes=1 << 20)),
    ("archive", lambda f: blocked(archive(f / "ads.tar.gz"), max_file_bytes=1 << 20)),
    *((f"lines{p}", lambda f, p=p: quiz(endless_line(f / f"q.jsonl{p}", p), max_file_bytes=1 << 20)) for p in ("", ".gz", ".zst")),
    ("page", lambda f: quiz(page(f / "q.parquet"), max_file_bytes=1 << 20)),
    ("repeated", lambda f: quiz(repeated(f / "q.parquet"), max_file_bytes=1 << 20)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make"), BOMBS, ids=[name for name, _ in BOMBS])
def test_a_bomb_ends_in_a_message_not_in_memory(
    name: str, make: Callable[[Path], tuple[Filter, Any]], tmp_path: Path
) -> None:
    bound = make(tmp_path)
    (file,) = tmp_path.iterdir()
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError) as error:
            loaded(bound)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert file.name in str(error.value)
    assert "holds more than 1,048,576 bytes, unpacked" in str(error.value)
    assert "raise `max_file_bytes`" in str(error.value)
    assert peak < MEGABYTES << 19


def test_other_caps_name_file_and_remedy(tmp_path: Path) -> None:
    long, many = tmp_path / "long.jsonl", tmp_path / "many.jsonl.gz"
    long.write_bytes(json.dumps({"q": "x" * (1 << 20)}).encode())
    many.write_bytes(gzip.compress(b'{"q": ""}\n' * 1001))
    with pytest.raises(ConfigError, match=r"long\.jsonl#0 has 1,048,576 bytes of text; raise `max_document_bytes`"):
        loaded(quiz(long, max_document_bytes=(1 << 20) - 1))
    long.write_bytes(b" " * (2 << 20))
    with pytest.raises(ConfigError, match=r"long\.jsonl: a line is over `max_document_bytes`, raise it"):
        loaded(quiz(long, max_document_bytes=1))
    with pytest.raises(ConfigError, match=r"quiz: more than 1,000 items, by 1000; raise `max_items`"):
        loaded(quiz(many, max_items=1000))
    ads = tmp_path / "ads"
    for data in (b"a.example\n" * 101, "a.example\u2028".encode() * 101):
        ads.write_bytes(data)
        with pytest.raises(ConfigError, match=r"/ads: it has more than 100 entries; raise `max_entries`"):
            loaded(blocked(ads, max_entries=100))
    ads.write_bytes(b"a" * (1 << 17))
    with pytest.raises(ConfigError, match=r"/ads: entry 1 has 131,072 characters"):
        loaded(blocked(ads))


@pytest.mark.parametrize("pack", [".gz", ".zst", ".bz2", ".xz"])
def test_every_member_is_read_and_damage_is_said(pack: str, tmp_path: Path) -> None:
    path, half = tmp_path / f"ads{pack}", b"".join(f"{n}.example\n".encode() for n in range(3000))
    path.write_bytes(PACK[pack](half) + PACK[pack](b"last.example\n"))
    both = tmp_path / "plain"
    both.write_bytes(half + b"last.example\n")
    assert entries(blocked(path)) == entries(blocked(both))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ConfigError, match=rf"cannot read .*/ads{pack}: .*; give UTF-8 text"):
        loaded(blocked(path))


def tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as file:
        for name, data in (("ads/domains", b"bad.example\n"), ("ads/urls", b"mixed.example/bad\n")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return sink.getvalue()


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("name", ["ads.tar", "ADS.TAR", "ads"])
def test_an_archive_is_known_whatever_it_is_called(name: str, pack: str, tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    (folder / "domains").write_bytes(b"bad.example\n")
    (folder / "urls").write_bytes(b"mixed.example/bad\n")
    (path := tmp_path / f"{name}{pack}").write_bytes(PACK[pack](tarred()))
    assert entries(blocked(path)) == entries(blocked(folder))


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 3.5, 2.01])
def test_an_archive_that_is_cut_is_no_list(blocks: float, tmp_path: Path) -> None:
    """Also between its members, which tarfile takes for its end. Each of the two has a header and a block."""
    (path := tmp_path / "ads.tar").write_bytes(tarred()[: int(blocks * tarfile.BLOCKSIZE)])
    with pytest.raises(ConfigError, match=r"ads\.tar: no whole tar archive"):
        loaded(blocked(path))


def test_caps_shape_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(ROWS)
    (tmp_path / "ads").write_text("a.example\n")
    capped = quiz(tmp_path / "q.jsonl", max_file_bytes=9999, max_document_bytes=99, max_items=9)
    assert stage_identity(*capped) == stage_identity(*quiz(tmp_path / "q.jsonl"))
    assert stage_identity(*blocked(tmp_path / "ads", max_entries=9)) == stage_identity(*blocked(tmp_path / "ads"))
