"""The demo's inputs, fetched from a small package index that the test serves on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
import zstandard
from fastwarc import ArchiveIterator, WarcRecordType

from infra.local import demo_fetch, demo_inputs
from infra.local.demo_fetch import Archive, fetch_archive, pip_settings
from infra.local.demo_inputs import fetch_language_model, write_inputs
from infra.local.demo_spec import load_spec
from infra.local.errors import StackError
from tests.infra.package_index import Index

PAGES = {f"page-{n}.html": f"<html><body><p>Sëite {n}</p></body></html>".encode() * n for n in range(1, 8)}
NOTES = {
    "en/index.md": b"The start.\r\n",
    "de/größe.md": "Größe\n".encode(),
    "ja/本.md": "本です。\n".encode(),
}
QUIZ = gzip.compress(b'{"question": "Why?"}\n{"question": "How?"}\n', mtime=0)
MODEL = b"not a model, but its bytes"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    served = Index(tmp_path / "index")
    monkeypatch.setenv("PIP_INDEX_URL", served.url)
    monkeypatch.delenv("PIP_CERT", raising=False)
    yield served
    served.stop()


@pytest.fixture
def pins(index: Index) -> dict[str, Any]:
    licence = {"LICENSE": b"Permission is hereby\ngranted"}
    evidence = {"member": "d-1/LICENSE", "says": "Permission is hereby granted"}
    common = {
        "version": "1",
        "released": "2024-09-05T15:54:10Z",
        "license": "MIT",
        "license_evidence": evidence,
    }
    html = index.add("docs", "docs-1.tar.gz", {f"d-1/{k}": v for k, v in (licence | PAGES).items()})
    prose = index.add("notes", "notes-1.tar.gz", {f"d-1/{k}": v for k, v in (licence | NOTES).items()})
    wheel = index.add("lid", "lid-1-py3-none-any.whl", {"d-1/LICENSE": licence["LICENSE"], "lid/lid.ftz": MODEL})
    rows = {"members": r"d-1/(.*?)(?:index)?\.md", "url": r"https://notes.test/\1"}
    pages = {"members": r"d-1/(.+\.html)", "url": r"https://docs.test/en/\1"}
    quiz = index.add("quiz", "quiz-1-py3-none-any.whl", {"d-1/LICENSE": licence["LICENSE"], "quiz/q.jsonl.gz": QUIZ})
    quiz |= {"name": "quiz", "member": "quiz/q.jsonl.gz", "license": "MIT", "license_evidence": evidence}
    model = {"member": "lid/lid.ftz", "member_sha256": hashlib.sha256(MODEL).hexdigest(), "license": "MIT"}
    return {
        "language_model": wheel | model | {"license_evidence": evidence},
        "benchmarks": [quiz],
        "sources": [
            {
                "name": "docs",
                "languages": ["en"],
                "format": "warc",
                "shards": 3,
                "pages": [pages],
                **html,
                **common,
            },
            {
                "name": "notes",
                "languages": ["de"],
                "format": "jsonl.zst",
                "shards": 2,
                "pages": [rows],
                **prose,
                **common,
            },
            {
                "name": "gz",
                "languages": ["de"],
                "format": "jsonl.gz",
                "shards": 1,
                "pages": [rows],
                **prose,
                **common,
            },
        ],
    }


def _spec(tmp_path: Path, pins: dict[str, Any]) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(pins))
    return path


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_warc_reads_back_as_responses_with_the_members_bytes(tmp_path: Path, pins: dict[str, Any]) -> None:
    inputs, wrote = write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    assert wrote
    found, ids = {}, set()
    for path in sorted((tmp_path / "out" / "docs").glob("*.warc.gz")):
        for record in ArchiveIterator(path.open("rb"), record_types=WarcRecordType.any_type):
            assert record.record_type is WarcRecordType.response
            assert record.headers["WARC-Date"] == "2024-09-05T15:54:10Z"
            ids.add(record.record_id)
            found[record.headers["WARC-Target-URI"]] = record.reader.read()
        assert all(record.verify_payload_digest() for record in ArchiveIterator(path.open("rb")))
    assert found == {f"https://docs.test/en/{name}": body for name, body in PAGES.items()}
    assert len(ids) == len(PAGES)
    assert len(list((tmp_path / "out" / "docs").iterdir())) == 3
    assert (inputs.sources[0].documents, inputs.sources[0].raw_bytes) == (7, sum(map(len, PAGES.values())))


def test_a_benchmark_is_copied_as_it_is(tmp_path: Path, pins: dict[str, Any]) -> None:
    inputs, _ = write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    assert (tmp_path / "out" / "quiz" / "q.jsonl.gz").read_bytes() == QUIZ
    assert (inputs.sources[-1].source, inputs.sources[-1].documents, inputs.sources[-1].license) == ("quiz", 2, "MIT")


def test_each_warc_record_is_a_gzip_member_of_its_own(tmp_path: Path, pins: dict[str, Any]) -> None:
    write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    data = (tmp_path / "out/docs/docs-00000.warc.gz").read_bytes()
    offsets = [record.stream_pos for record in ArchiveIterator(io.BytesIO(data))]
    assert len(offsets) == 3
    assert all(gzip.decompress(data[offset:]).startswith(b"WARC/1.1\r\n") for offset in offsets)


def test_rows_hold_the_members_text_its_address_and_licence(tmp_path: Path, pins: dict[str, Any]) -> None:
    write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    packed = (tmp_path / "out/gz/gz-00000.jsonl.gz").read_bytes()
    rows = {row["id"]: row for row in map(orjson.loads, gzip.decompress(packed).splitlines())}
    assert {key: row["text"] for key, row in rows.items()} == {f"d-1/{k}": v.decode() for k, v in NOTES.items()}
    assert rows["d-1/en/index.md"]["url"] == "https://notes.test/en/"
    assert rows["d-1/ja/本.md"]["url"] == "https://notes.test/ja/%E6%9C%AC"
    assert {row["license"] for row in rows.values()} == {"MIT"}
    files = sorted((tmp_path / "out/notes").glob("*.jsonl.zst"))
    split = b"".join(zstandard.ZstdDecompressor().decompress(path.read_bytes()) for path in files)
    assert len(files) == 2
    assert sorted(split.splitlines()) == sorted(gzip.decompress(packed).splitlines())


def test_two_runs_give_the_same_bytes(tmp_path: Path, pins: dict[str, Any]) -> None:
    spec = _spec(tmp_path, pins)
    write_inputs(tmp_path / "one", tmp_path / "cache-one", spec)
    write_inputs(tmp_path / "two", tmp_path / "cache-two", spec)
    one = _tree(tmp_path / "one")
    assert one == _tree(tmp_path / "two")
    gzipped = [body for name, body in one.items() if name.endswith(".gz")]
    assert len(gzipped) == 5
    assert all(body[4:8] == bytes(4) for body in gzipped)


def test_a_complete_folder_is_left_alone_without_index_or_cache(
    index: Index, tmp_path: Path, pins: dict[str, Any]
) -> None:
    spec = _spec(tmp_path, pins)
    first, _ = write_inputs(tmp_path / "out", tmp_path / "cache", spec)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    index.stop()
    shutil.rmtree(tmp_path / "cache")
    assert write_inputs(tmp_path / "out", tmp_path / "cache", spec) == (first, False)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == times


def test_the_cache_serves_when_the_network_is_gone(index: Index, tmp_path: Path, pins: dict[str, Any]) -> None:
    spec = _spec(tmp_path, pins)
    write_inputs(tmp_path / "one", tmp_path / "cache", spec)
    index.stop()
    write_inputs(tmp_path / "two", tmp_path / "cache", spec)
    assert _tree(tmp_path / "one") == _tree(tmp_path / "two")


def test_damaged_and_missing_files_are_written_again(tmp_path: Path, pins: dict[str, Any]) -> None:
    spec = _spec(tmp_path, pins)
    write_inputs(tmp_path / "out", tmp_path / "cache", spec)
    whole = _tree(tmp_path / "out")
    (tmp_path / "out/docs/docs-00001.warc.gz").write_bytes(b"damaged")
    (tmp_path / "out/gz/gz-00000.jsonl.gz").unlink()
    assert write_inputs(tmp_path / "out", tmp_path / "cache", spec)[1]
    assert _tree(tmp_path / "out") == whole


def test_a_run_that_was_cut_short_is_finished(tmp_path: Path, pins: dict[str, Any]) -> None:
    spec = _spec(tmp_path, pins)
    write_inputs(tmp_path / "out", tmp_path / "cache", spec)
    whole = _tree(tmp_path / "out")
    (tmp_path / "out/inputs.json").unlink()
    (tmp_path / "out/notes").rename(tmp_path / "out/.notes.part")
    assert write_inputs(tmp_path / "out", tmp_path / "cache", spec)[1]
    assert _tree(tmp_path / "out") == whole


def test_a_source_that_left_the_pins_leaves_the_folder(tmp_path: Path, pins: dict[str, Any]) -> None:
    write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    del pins["sources"][2]
    write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"docs", "notes", "quiz", "inputs.json"}


def test_other_bytes_than_pinned_are_an_error_and_not_cached(tmp_path: Path, pins: dict[str, Any]) -> None:
    real, pins["sources"][0]["sha256"] = pins["sources"][0]["sha256"], "0" * 64
    with pytest.raises(StackError) as caught:
        write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))
    message = str(caught.value)
    assert "docs-1.tar.gz" in message
    assert "0" * 64 in message
    assert real in message
    assert "run again" in message
    assert list((tmp_path / "cache").iterdir()) == []
    assert not (tmp_path / "out/inputs.json").exists()


def test_a_damaged_cache_file_is_named_with_the_remedy(tmp_path: Path, pins: dict[str, Any]) -> None:
    archive = Archive.model_validate({key: pins["sources"][0][key] for key in ("package", "filename", "sha256")})
    path = fetch_archive(archive, tmp_path / "cache")
    assert path.name == f"{archive.sha256}-docs-1.tar.gz"
    path.write_bytes(b"damaged")
    with pytest.raises(StackError, match=r"docs-1\.tar\.gz: expected .* delete .*docs-1\.tar\.gz and run again"):
        fetch_archive(archive, tmp_path / "cache")


def test_half_a_download_is_never_kept(index: Index, tmp_path: Path) -> None:
    archive = Archive.model_validate(index.add("half", "half-1.tar.gz", {"a": bytes(range(256)) * 4096}))
    with pytest.raises(StackError, match=r"cannot fetch half-1\.tar\.gz"):
        fetch_archive(archive, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_or_package_the_index_lacks_is_named_without_its_password(
    index: Index, tmp_path: Path, pins: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.url.replace("//", "//me:s3cret@"))
    for package, filename in (("docs", "docs-9.tar.gz"), ("absent", "absent-1.tar.gz")):
        with pytest.raises(StackError, match=filename) as caught:
            fetch_archive(Archive(package=package, filename=filename, sha256="0" * 64), tmp_path / "cache")
        assert "PIP_INDEX_URL" in str(caught.value)
        assert "127.0.0.1" in str(caught.value)
        assert "s3cret" not in str(caught.value)


def test_licence_words_that_are_not_there_stop_the_fetch(tmp_path: Path, pins: dict[str, Any]) -> None:
    pins["sources"][1]["license_evidence"] = {"member": "d-1/LICENSE", "says": "All rights reserved"}
    with pytest.raises(StackError, match="does not say 'All rights reserved'"):
        write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"members": r"d-1/.+\.html", "url": "https://docs.test/"}, "share https://docs.test/"),
        ({"members": r"d-2/.+", "url": "https://docs.test/"}, "no member matches"),
    ],
)
def test_page_rules_that_cannot_be_meant_are_errors(
    tmp_path: Path, pins: dict[str, Any], rule: dict[str, str], message: str
) -> None:
    pins["sources"][0]["pages"] = [rule]
    with pytest.raises(StackError, match=message):
        write_inputs(tmp_path / "out", tmp_path / "cache", _spec(tmp_path, pins))


def test_the_language_model_alone_is_taken_out_of_its_wheel(index: Index, tmp_path: Path, pins: dict[str, Any]) -> None:
    spec = _spec(tmp_path, pins)
    path = fetch_language_model(tmp_path / "cache", spec)
    assert path == tmp_path / "cache" / "lid.ftz"
    assert path.read_bytes() == MODEL
    index.stop()
    path.write_bytes(b"damaged")
    assert fetch_language_model(tmp_path / "cache", spec).read_bytes() == MODEL
    pins["language_model"]["member_sha256"] = "0" * 64
    with pytest.raises(StackError, match=r"lid\.ftz: expected sha256 0000"):
        fetch_language_model(tmp_path / "cache", _spec(tmp_path, pins))


def test_the_command_line_ends_in_a_table_or_one_line(
    index: Index,
    tmp_path: Path,
    pins: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pinned = ["--pins", str(_spec(tmp_path, pins))]
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    assert demo_inputs.main(["--into", str(tmp_path / "out"), *pinned]) == 0
    assert "inputs written" in capsys.readouterr().out
    assert demo_inputs.main(["--into", str(tmp_path / "out"), *pinned]) == 0
    out = capsys.readouterr().out
    assert "inputs ready" in out
    assert "MIT" in out
    assert "notes" in out
    index.stop()
    assert demo_inputs.main(["--into", str(tmp_path / "new"), "--cache", str(tmp_path / "empty"), *pinned]) == 1
    error = capsys.readouterr().err
    assert error.startswith("demo inputs: cannot fetch docs-1.tar.gz")
    assert error.count("\n") == 1


def test_the_index_of_pips_own_configuration_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if pip.returncode and not shutil.which("pip"):
        pytest.skip("no pip here")
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/simple\ncert = /etc/own.pem\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    for name in ("PIP_INDEX_URL", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    demo_fetch._pip_config.cache_clear()
    request.addfinalizer(demo_fetch._pip_config.cache_clear)
    assert pip_settings() == {"index-url": "http://127.0.0.1:9/simple", "cert": "/etc/own.pem"}
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:10/simple")
    assert pip_settings()["index-url"] == "http://127.0.0.1:10/simple"


def test_the_shipped_pins_cover_what_the_demo_promises() -> None:
    spec = load_spec()
    names = [source.name for source in spec.sources]
    assert len(set(names)) == len(names)
    assert {source.format for source in spec.sources} == {"warc", "jsonl.zst", "jsonl.gz", "faq.jsonl.zst"}
    assert len({language for source in spec.sources for language in source.languages} - {"en"}) >= 4
    assert len({s.version for s in spec.sources if s.package == "sqlalchemy" and s.format == "warc"}) == 2
    assert all(2 <= source.shards <= 6 for source in spec.sources)
    free = {"MIT", "BSD-3-Clause", "CC-BY-2.5", "CC-BY-SA-3.0"}
    assert {source.license for source in spec.sources} | {spec.language_model.license} <= free
