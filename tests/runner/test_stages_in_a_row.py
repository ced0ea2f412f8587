"""`winnow stage A,B,C`: the same as one after the other, with everybody's books in one folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner

from curation_lib.cli import cli
from tests.runner.corpora import prose, write_jsonl

NAMES = ["filters.length", "filters.gopher_quality", "filters.c4_lines", "filters.c4_quality", "dedup.exact"]
SETTINGS = ["filters.length.min_characters=20", "filters.c4_quality.min_sentences=3"]
TEXTS = {
    "short": "Too short.",
    "few": "Words of the text. " * 3,
    "copy": prose(1),
    "menu": prose(2) + "\nHome",
    "code": prose(3) + "\nif (a) { b } and so on to the end of the line.",
    "copy-2": prose(1),
}


def invoke(*told: str) -> Any:
    done = CliRunner().invoke(cli, ["stage", *told, "--workers", "1", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def rows(folder: Path, pattern: str) -> list[dict[str, Any]]:
    return [r for f in sorted(folder.glob(pattern)) for r in ds.dataset(f).to_table().to_pylist()]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """The input, the output of all stages in a row, and what the command said."""
    folder = tmp_path_factory.mktemp("row")
    docs = write_jsonl(folder / "docs.jsonl.gz", [{"id": k, "text": text} for k, text in TEXTS.items()])
    told = [x for setting in SETTINGS for x in ("--set", setting)]
    return docs, folder / "out", invoke(",".join(NAMES), "--input", str(docs), "--output", str(folder / "out"), *told)


def test_every_drop_and_edit_is_in_the_books(run: tuple[Path, Path, Any]) -> None:
    _, out, said = run
    drops = {r["source_id"]: f"{r['stage']}.{r['rule']}" for r in rows(out, "ledger/*drops*")}
    assert drops == {
        "short": "filters.length.min_characters",
        "few": "filters.gopher_quality.min_words",
        "code": "filters.c4_quality.max_curly_brackets",
        "copy": "dedup.exact.duplicate_content",  # its id comes second
    }
    edits = [(e["stage"], e["rule"]) for e in rows(out, "ledger/*edits*")]
    assert edits == [("filters.c4_lines", "whitespace"), ("filters.c4_lines", "no_terminal_punct")]
    assert [r["source_id"] for r in rows(out, "part-*")] == ["menu", "copy-2"]
    assert {folder.name for folder in (out / "scores").iterdir()} == set(NAMES) - {"filters.c4_lines", "dedup.exact"}
    assert list(said["steps"]) == ["filters.block", "filters.c4_lines", "filters.c4_quality", "dedup.exact"]


def test_it_equals_one_after_the_other(run: tuple[Path, Path, Any], tmp_path: Path) -> None:
    given, out, _ = run
    for name in NAMES:
        told = [s.removeprefix(f"{name}.") for s in SETTINGS if s.startswith(f"{name}.")]
        invoke(name, "--input", str(given), "--output", str(tmp_path / name), *(x for s in told for x in ("--set", s)))
        given = tmp_path / name
    assert (out / "part-00000.parquet").read_bytes() == (given / "part-00000.parquet").read_bytes()


@pytest.mark.parametrize(
    ("names", "settings", "said"),
    [
        ("filters.length,filters.nothing", [], "no stage 'filters.nothing'"),
        ("filters.length,sources.jsonl", [], "sources.jsonl reads files and cannot stand in a row"),
        ("filters.length,dedup.exact", ["dedup.minhash.bands=3"], "--set dedup.minhash: not one of the stages"),
        ("filters.length,dedup.exact,filters.length", [], "filters.length stands twice in a row"),
        ("filters.length,dedup.exact", ["min_characters=3"], "--set min_characters: this is no setting of a stage"),
        ("filters.length,dedup.exact", ["filters.length=3"], "--set filters.length: this is no setting of a stage"),
        ("filters.length", ["a=1", "a.b=2"], "--set 'a.b=2': a has the value 1 already"),
    ],
)
def test_what_cannot_run_is_refused(tmp_path: Path, names: str, settings: list[str], said: str) -> None:
    docs = write_jsonl(tmp_path / "docs.jsonl", [{"id": "1", "text": "text"}])
    told = [x for s in settings for x in ("--set", s)]
    done = CliRunner().invoke(cli, ["stage", names, "--input", str(docs), "--output", str(tmp_path / "out"), *told])
    assert done.exit_code == 1
    assert said in done.stderr


def test_what_lies_beside_the_output_stays(tmp_path: Path) -> None:
    """A run takes the place of an earlier one, whatever its stages left, and of nothing else."""
    docs, out = write_jsonl(tmp_path / "docs.jsonl", [{"id": "1", "text": prose(1)}]), tmp_path / "out"
    into = ("--input", str(docs), "--output", str(out))
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "manifest.json").write_text('{"name": "an extension"}')
    done = CliRunner().invoke(cli, ["stage", "filters.length", *into])
    assert (done.exit_code, sorted(p.name for p in out.iterdir())) == (1, ["manifest.json", "notes.txt"])
    assert "manifest.json is not a dataset's; name another folder for --output" in done.stderr
    (out / "manifest.json").unlink()
    invoke("dedup.minhash", *into)
    invoke("filters.length", *into)
    assert (out / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in out.iterdir()) == [
        "ledger", "manifest.json", "notes.txt", "part-00000.parquet", "run.json", "scores",
    ]  # fmt: skip


def refused(*told: str) -> str:
    done = CliRunner().invoke(cli, ["stage", "filters.length", *told])
    last = done.stderr.splitlines()[-1]
    assert (done.exit_code, last[:7]) == (1, "error: "), done.output
    return last


def test_files_that_would_not_be_read_are_said(tmp_path: Path) -> None:
    """Of a folder with files of two kinds one kind alone would be read."""
    docs = write_jsonl(tmp_path / "in" / "docs.jsonl", [{"id": "1", "text": prose(1)}])
    out = ("--output", str(tmp_path / "out"))
    (tmp_path / "in" / "z.txt").write_text("no input")
    invoke("filters.length", "--input", str(docs.parent), *out)
    (tmp_path / "in" / "b.warc.gz").write_bytes(b"")
    assert re.search(
        "several kinds, .*/b.warc.gz, .*/docs.jsonl; give a glob", refused("--input", str(docs.parent), *out)
    )
    invoke("filters.length", "--input", f"{docs.parent}/*.jsonl", *out)
    (tmp_path / "in" / "manifest.json").write_text('{"files"')
    assert "manifest.json is not a dataset's; give the files in it" in refused("--input", str(docs.parent), *out)
    assert "--output: cannot write /proc/no/out" in refused("--input", str(docs), "--output", "/proc/no/out")


def test_files_are_shuffled(tmp_path: Path) -> None:
    docs = write_jsonl(tmp_path / "docs.jsonl.gz", [{"id": f"{n:02d}", "text": prose(n)} for n in range(30)])
    phase = ("--set", "phase=pretrain")
    invoke("mix.shuffle", "--input", str(docs), "--output", str(tmp_path / "out"), *phase)
    names = [r["source_id"] for r in rows(tmp_path / "out", "part-*")]
    assert names != sorted(names) == [f"{n:02d}" for n in range(30)]


def test_a_format_writes_no_documents(tmp_path: Path) -> None:
    docs = write_jsonl(tmp_path / "docs.jsonl.gz", [{"id": "a", "text": prose(1)}])
    told = ("--input", str(docs), "--output", str(tmp_path / "out"), "--set", "phase=pretrain")
    done = CliRunner().invoke(cli, ["stage", "export.jsonl", *told])
    assert done.exit_code == 1
    assert "winnow export write --format jsonl" in " ".join(done.output.split())
