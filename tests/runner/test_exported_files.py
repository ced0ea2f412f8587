"""`winnow export write`: any files shuffled and written for trainers, without a recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from curation_lib.cli import cli
from curation_lib.text.tokenizers.loading import load_tokenizer
from tests.export.small_tokenizer import write_tokenizer
from tests.runner.corpora import rows, tree, write_jsonl

DOCUMENTS = rows(0, 60)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_jsonl(folder / "in" / "a.jsonl", DOCUMENTS[:35])
    write_jsonl(folder / "in" / "b.jsonl.gz", [*DOCUMENTS[35:], b"{no json"])
    write_tokenizer(folder / "tokenizer.json")
    return folder


def write(inputs: Path, output: Path | str, *more: Any) -> Result:
    told = ["export", "write", "--input", inputs / "in", "--output", output, "--workers", "1", *more]
    return CliRunner().invoke(cli, [*map(str, told), "--json"])


def ids_of(output: Path) -> np.ndarray[Any, Any]:
    return np.concatenate([np.fromfile(path, np.uint16) for path in sorted(output.glob("megatron/*.bin"))])


def test_every_document_is_written_once_in_another_order(inputs: Path, tmp_path: Path) -> None:
    tokenizer, output = str(inputs / "tokenizer.json"), tmp_path / "out"
    formats = ("--format", "parquet", "--format", "megatron", "--format", "mds")
    done = write(inputs, output, *formats, "--tokenizer", tokenizer, "--part-bytes", 20_000)
    assert done.exit_code == 0, done.output
    said = json.loads(done.output.splitlines()[-1])
    texts = [text for p in sorted(output.glob("parquet/*")) for text in pq.read_table(p)["text"].to_pylist()]
    assert sorted(texts) == sorted(row["text"] for row in DOCUMENTS)
    assert texts != [row["text"] for row in DOCUMENTS]
    loaded = load_tokenizer(tokenizer)
    encoded = loaded.encode(pq.read_table(sorted(output.glob("parquet/*"))[0])["text"].combine_chunks())
    first = encoded.ids[: encoded.offsets[1]].tolist()
    ids = ids_of(output)
    assert ids[: len(first) + 1].tolist() == [*first, loaded.eos]
    assert said["formats"]["megatron"] == {"sequences": 60, "tokens": len(ids) - 60, "ends": 60, "padding": 0}
    assert len(list(output.glob("megatron/*.bin"))) > 1


def test_the_manifest_names_every_file_and_nothing_is_left_beside(inputs: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert write(inputs, output, "--format", "mds").exit_code == 0
    manifest = json.loads((output / "manifest.json").read_bytes())
    files = {f["path"]: f["sha256"] for shard in manifest["shards"] for f in shard["files"].values()}
    files |= {path: fact["sha256"] for path, fact in manifest["facts"]["files"].items()}
    assert tree(output, "manifest.json", "run.json", "ledger", "quarantine") == files
    quarantined = [row for path in output.glob("quarantine/*") for row in pq.read_table(path).to_pylist()]
    assert [row["locator"] for row in quarantined] == ["b.jsonl.gz#25"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_bytes_are_those_of_the_files_and_the_settings(inputs: Path, tmp_path: Path) -> None:
    packed = ("--format", "megatron", "--format", "tokens", "--tokenizer", inputs / "tokenizer.json")
    packed = (*packed, "--packing", "best_fit", "--sequence-length", 64, "--part-bytes", 20_000)
    for name, more in {"one": (), "two": ("--workers", 2), "seed": ("--seed", 7)}.items():
        assert write(inputs, tmp_path / name, *packed, *more).exit_code == 0
    one = tree(tmp_path / "one", "run.json")
    assert tree(tmp_path / "two", "run.json") == one
    assert sorted(ids_of(tmp_path / "seed")) != ids_of(tmp_path / "one").tolist()
    assert ids_of(tmp_path / "seed").tolist() != ids_of(tmp_path / "one").tolist()
    assert len(ids_of(tmp_path / "one")) % 64 == 0


def test_another_export_takes_the_place_of_one(inputs: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    (output / "mine").mkdir(parents=True)
    (output / "mine" / "notes.txt").write_text("kept")
    assert write(inputs, output, "--format", "jsonl").exit_code == 0
    assert write(inputs, output, "--format", "parquet").exit_code == 0
    assert {path.name for path in output.iterdir()} >= {"mine", "parquet", "manifest.json"}
    assert not (output / "jsonl").exists()


def test_a_dataset_of_a_stage_is_an_input(inputs: Path, tmp_path: Path) -> None:
    stage = ["stage", "dedup.exact", "--input", str(inputs / "in"), "--output", str(tmp_path / "set"), "--workers", "1"]
    assert CliRunner().invoke(cli, stage).exit_code == 0
    told = ["export", "write", "--input", str(tmp_path / "set"), "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, [*told, "--format", "jsonl", "--workers", "1"])
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["counts"]["kept"] == 60


WRONG = {
    "--format: no format 'megatrom'": ("--format", "megatrom"),
    "--format: mds stands twice": ("--format", "mds", "--format", "mds"),
    "--format megatron holds ids: add --tokenizer": ("--format", "megatron"),
    "--packing best_fit needs --sequence-length": ("--format", "mds", "--packing", "best_fit"),
    "--packing needs --tokenizer": ("--format", "mds", "--packing", "best_fit", "--sequence-length", "64"),
    "--sequence-length has no use": ("--format", "mds", "--sequence-length", "64"),
    "--tokenizer: ": ("--format", "mds", "--tokenizer", "no/tokenizer.json"),
    "--phase posttrain: mds of records needs a chat template": ("--format", "mds", "--phase", "posttrain"),
    "--seed, --part-bytes: mix.shuffle: key 'seed'": ("--format", "mds", "--seed", "-1"),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_makes_no_sense_is_said_in_one_line(inputs: Path, tmp_path: Path, message: str) -> None:
    told = ["export", "write", "--input", str(inputs / "in"), "--output", str(tmp_path / "out"), "--workers", "1"]
    done = CliRunner().invoke(cli, [*told, *WRONG[message]])
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_that_ends_no_document_is_refused_before_anything_is_read(inputs: Path, tmp_path: Path) -> None:
    described = json.loads(Path(write_tokenizer(tmp_path / "tokenizer.json")).read_text())
    (tmp_path / "endless.json").write_text(json.dumps(described | {"added_tokens": []}))
    told = ("--format", "megatron", "--tokenizer", str(tmp_path / "endless.json"))
    done = write(inputs / "in", tmp_path / "out", *told)
    assert done.exit_code == 1
    assert "to end documents with" in done.output
    assert not list(tmp_path.glob("out*"))


def test_no_document_is_an_error(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in" / "a.jsonl", [b"{no json"])
    done = write(tmp_path, tmp_path / "out", "--format", "jsonl")
    assert done.exit_code == 1
    assert "of 1 rows none could be read" in done.output
    assert not (tmp_path / "out").exists()
