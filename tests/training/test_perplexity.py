"""The folder that a training leaves: the same bytes twice, what it says of itself, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.artefact import find_model
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import validated
from curation_lib.text.hashing import content_hashes
from curation_lib.text.ngram_files import load_ngram_model
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity
from tests.filters.judging import documents
from tests.golden.perplexity.texts import rows


def trained(folder: Path, texts: list[str], batches: int = 1, languages: Any = None, **settings: Any) -> Path:
    batch = documents(
        *texts,
        doc_id=[f"{n:032x}" for n in range(len(texts))],
        content_hash=content_hashes(pa.array(texts)).to_pylist(),
        language=languages or [None] * len(texts),
    )
    step = -(-len(texts) // batches)
    parts = [batch.slice(at, step) for at in range(0, len(texts), step)]
    train_perplexity(parts, folder, "blog", "CC0-1.0", validated(PerplexityTraining, settings, "test"))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def posts(data: Path) -> list[str]:
    return [row["text"] for row in rows(data / "quality/polished_blog.18f.jsonl.zst")[:60]]


def test_the_same_documents_give_the_same_bytes_in_any_batches(posts: list[str], tmp_path: Path) -> None:
    one, other = (trained(tmp_path / str(n), posts, n, held_out=0.2, arpa=True) for n in (1, 7))
    assert files(one) == files(other)
    assert sorted(files(one)) == ["card.md", "manifest.json", "metrics.json", "model.arpa.zst", "model.bin"]
    binary, arpa = (load_ngram_model(str(one / name)) for name in ("model.bin", "model.arpa.zst"))
    assert binary.memory.tobytes() == arpa.memory.tobytes()
    metrics = json.loads((one / "metrics.json").read_bytes())
    held = metrics["held_out"]
    assert 5 <= held["documents"] <= 20
    assert 50 < held["percentiles"]["50"] < 1000
    assert "CC0-1.0 (" in (one / "card.md").read_text()
    assert f"{held['documents']} documents held out: {held['perplexity']:.1f}" in (one / "card.md").read_text()


def test_held_out_documents_do_not_train(posts: list[str], tmp_path: Path) -> None:
    folder = trained(tmp_path / "m", posts, held_out=0.5)
    manifest = find_model(str(folder), ["ngram"]).manifest
    assert manifest is not None
    held = json.loads((folder / "metrics.json").read_bytes())["held_out"]["documents"]
    assert manifest.data[0].documents + held == len(posts)


def test_a_text_may_be_a_sentence(posts: list[str], tmp_path: Path) -> None:
    texts = trained(tmp_path / "t", posts[:9], sentences="texts", held_out=0)
    lines = trained(tmp_path / "l", [text.replace("\n", " ") for text in posts[:9]], held_out=0)
    as_they_stand = trained(tmp_path / "s", posts[:9], held_out=0)
    assert files(texts)["model.bin"] == files(lines)["model.bin"] != files(as_they_stand)["model.bin"]


def test_what_was_read_names_the_model(tmp_path: Path) -> None:
    folders = [trained(tmp_path / text, [text], held_out=0) for text in ("one", "two")]
    one, two = (find_model(str(folder), ["ngram"]).manifest for folder in folders)
    assert one is not None
    assert two is not None
    assert one.fingerprint != two.fingerprint


def test_whatever_the_metrics_tell_apart_is_another_version(posts: list[str], tmp_path: Path) -> None:
    """Else the store would take the second for a training gone wrong."""
    folders = [trained(tmp_path / str(n), posts[:n], held_out=0.9) for n in range(20, 40)]
    manifests = [manifest for one in folders if (manifest := find_model(str(one), ["ngram"]).manifest)]
    assert len({m.fingerprint for m in manifests}) == len({m.files["metrics.json"].sha256 for m in manifests}) == 20
    assert len({m.files["model.bin"].sha256 for m in manifests}) < 10


def test_what_is_sampled_and_of_what_language(posts: list[str], tmp_path: Path) -> None:
    languages = ["en", "de", None] * 20
    folder = trained(tmp_path / "m", posts, languages=languages, language="de", held_out=0)
    manifest = find_model(str(folder), ["ngram"]).manifest
    assert manifest is not None
    assert manifest.data[0].documents == 20
    folder = trained(tmp_path / "s", posts, sample=0.5, held_out=0)
    manifest = find_model(str(folder), ["ngram"]).manifest
    assert manifest is not None
    assert 15 < manifest.data[0].documents < 45
    folder = trained(tmp_path / "h", posts, sample=0.5, held_out=0.5)
    of_the_sample = json.loads((folder / "metrics.json").read_bytes())["held_out"]["documents"]
    half = find_model(str(folder), ["ngram"]).manifest
    assert half is not None
    assert half.data[0].documents + of_the_sample == manifest.data[0].documents


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"prune": [1]}, "prune"),
        ({"prune": [0, 2, 1]}, "prune"),
        ({"order": 7}, "order"),
        ({"max_tokens": 100}, "more than 100 tokens; set sample"),
        ({"language": "fr"}, "no document to train on"),
        ({"tokenisation": "sentencepiece"}, "tokenisation"),
    ],
)
def test_what_cannot_train_is_refused(posts: list[str], tmp_path: Path, settings: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        trained(tmp_path / "m", posts[:3], **settings)
    assert not (tmp_path / "m" / "manifest.json").exists()


def test_what_is_left_out_is_counted_and_licences_are_the_documents(tmp_path: Path) -> None:
    rows = [{"id": n, "text": f"some words of text {n}", "license": ("MIT", "CC0-1.0")[n % 2]} for n in range(9)]
    lines = [json.dumps(row | {"language": "en"}) for row in rows] + ['{"id": "cut', '{"id": "textless"}']
    lines += [json.dumps({"id": "de", "text": "ein Text", "language": "de", "license": "GPL-3.0-only"})]
    path = tmp_path / "docs.jsonl"
    path.write_text("\n".join(lines))
    command = ["perplexity", "train", "--input", str(path), "--output", str(tmp_path / "m"), "--set", "language=en"]
    run = CliRunner().invoke(cli, [*command, "--set", "held_out=0"], catch_exceptions=False)
    assert "trained on 9 documents; left out: 1 other_language, 2 unreadable" in run.stdout
    assert json.loads((tmp_path / "m/metrics.json").read_bytes())["refused"] == {"unreadable": 2, "other_language": 1}
    assert "- Left out: 1 other_language, 2 unreadable." in (tmp_path / "m/card.md").read_text()
    found = find_model(str(tmp_path / "m"), ["ngram"]).manifest
    assert found is not None
    assert found.license == "CC0-1.0 AND MIT"


def test_the_command_trains_a_model_that_the_store_calls_current(data: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    command = ["perplexity", "train", "--input", str(data / "quality/polished_blog.18f.jsonl.zst"), "--order", "3"]
    run = CliRunner().invoke(
        cli,
        [*command, "--store", str(store), "--name", "blog", "--set", "sample=0.1", "--json"],
        catch_exceptions=False,
    )
    answer = orjson.loads(run.stdout.splitlines()[-1])
    found = find_model(str(store / "models/blog"), ["ngram"])
    assert found.manifest is not None
    assert answer["fingerprint"] == found.manifest.fingerprint
    assert found.manifest.settings["order"] == load_ngram_model(found.file("model.bin")).order == 3
    refused = CliRunner().invoke(cli, [*command, "--output", str(tmp_path), "--json"])
    assert refused.exit_code == 1
    assert "is not empty" in refused.stdout
