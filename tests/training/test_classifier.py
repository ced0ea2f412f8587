"""Classifiers from real documents: as good as plain fastText with the same recipe, and the same bytes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import fasttext
import pytest
import zstandard
from click.testing import CliRunner

from curation_lib.cli import cli
from curation_lib.core.artefact import find_model
from curation_lib.core.errors import ConfigError
from curation_lib.filters.models import ModelConfig, load_scorer
from curation_lib.runner.classifier_training import Training, train_from_files
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.models import current, made_model, versions
from curation_lib.runner.store import Store
from curation_lib.training.recipes import PRESETS, classifier_settings
from tests.runner.corpora import tree, write_jsonl

SMALL = {"bucket": 5000, "dim": 16}
"""What makes the model's file small: 800 MB of buckets say nothing that a test needs."""
FILES = {"dense": "dense_reference.powershell", "polished": "polished_blog.18f"}


@pytest.fixture(scope="module")
def files(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real documents by label: Microsoft's references (CC-BY-4.0) and 18F's blog (CC0-1.0), their first 1,500
    characters."""
    folder, found = tmp_path_factory.mktemp("labelled"), {}
    for label, name in FILES.items():
        with (data / "quality" / f"{name}.jsonl.zst").open("rb") as file:
            lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
        rows = [{**row, "text": row["text"][:1500]} for row in map(json.loads, lines)]
        found[label] = write_jsonl(folder / f"{label}.jsonl", rows)
    return found


def trained(files: dict[str, Path], folder: Path, preset: str = "dclm", **changes: Any) -> Path:
    settings = classifier_settings(preset, {**SMALL, **changes})
    inputs = {label: [str(path)] for label, path in files.items()}
    train_from_files(Training(inputs, "dense", None, settings), folder, LocalScheduler(1))
    return folder


def metrics_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return found


@pytest.fixture(scope="module")
def half(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on one half, measured on the other, by DCLM's recipe with more epochs: it is made for 400,000
    documents."""
    return trained(files, tmp_path_factory.mktemp("half") / "model", held_out=0.5, epoch=25, lr=0.5)


def test_the_other_half_is_told_as_plain_fasttext_tells_it(half: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """The same halves as fastText's own files, its own training and its own test."""
    halves: dict[str, list[str]] = {"train": [], "test": []}
    digests = _sides(files)
    for label, path in files.items():
        for row in map(json.loads, path.read_text().splitlines()):
            line = " ".join(row["text"].strip().splitlines())
            halves[digests[line]].append(f"__label__{label} {line}\n")
    order = list(digests)
    for name, lines in halves.items():
        ordered = sorted(lines, key=lambda line: order.index(line.split(" ", 1)[1].rstrip("\n")))
        (tmp_path / name).write_text("".join(ordered))
    plain = fasttext.train_supervised(
        input=str(tmp_path / "train"), thread=1, seed=0, verbose=0, wordNgrams=2, dim=16, bucket=5000, epoch=25, lr=0.5
    )
    documents, precision, _ = plain.test(str(tmp_path / "test"))
    found = metrics_of(half)["held_out"]
    assert found["documents"] == documents > 450
    assert found["accuracy"] == pytest.approx(precision, abs=1e-6)
    assert found["accuracy"] > 0.97
    assert found["by_label"]["dense"]["auc"] > 0.99
    saved = tmp_path / "plain.bin"
    plain.save_model(str(saved))
    assert saved.read_bytes() == (half / "model.bin").read_bytes()


def _sides(files: dict[str, Path]) -> dict[str, str]:
    """Which half each line belongs to, in the order of the hashes, from the definition."""
    import xxhash

    keys: dict[str, list[tuple[int, str]]] = {}
    for label, path in files.items():
        lines = {" ".join(json.loads(row)["text"].strip().splitlines()) for row in path.read_text().splitlines()}
        keys[label] = sorted((xxhash.xxh3_64_intdigest(xxhash.xxh3_128_digest(li.encode()), 0), li) for li in lines)
    sides = {
        li: "test" if n < round(0.5 * len(found)) else "train"
        for found in keys.values()
        for n, (_, li) in enumerate(found)
    }
    ordered = sorted(pair for found in keys.values() for pair in found)
    return {li: sides[li] for _, li in ordered}


def test_the_same_bytes_in_another_process_and_from_files_in_another_order(
    half: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    shuffled = {}
    for label, path in files.items():
        rows = path.read_bytes().splitlines()
        shuffled[label] = tmp_path / path.name
        shuffled[label].write_bytes(b"\n".join(rows[::-1]))
    arguments = [f"--label={label}={path}" for label, path in shuffled.items()]
    settings = {**SMALL, "held_out": 0.5, "epoch": 25, "lr": 0.5}
    sets = [f"--set={key}={value}" for key, value in settings.items()]
    program = [sys.executable, "-m", "curation_lib.cli", "classifier", "train", "--output", str(tmp_path / "again")]
    run = subprocess.run(
        [*program, "--name=dense", *arguments, *sets, "--workers=1"], capture_output=True, text=True, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    assert tree(tmp_path / "again") == tree(half)


def test_what_shapes_a_model_names_it(files: dict[str, Path], half: Path, tmp_path: Path) -> None:
    other = trained(files, tmp_path / "m", held_out=0.5, epoch=25, lr=0.5, seed=1)
    manifests = [find_model(str(f), ["fasttext"]).manifest for f in (half, other)]
    assert manifests[0] is not None
    assert manifests[1] is not None
    assert manifests[0].fingerprint != manifests[1].fingerprint
    assert manifests[0].license == "CC-BY-4.0 AND CC0-1.0"
    assert [(d.label, d.name, d.licenses) for d in manifests[0].data] == [
        ("dense", "dense.jsonl", {"CC-BY-4.0": 467}),
        ("polished", "polished.jsonl", {"CC0-1.0": 508}),
    ]


def test_another_text_that_is_refused_is_another_version_in_the_store(tmp_path: Path) -> None:
    rows = {label: [{"text": f"{label} {n}"} for n in range(5)] for label in ("a", "b")}
    store, places = Store(str(tmp_path / "store")), set()
    for more in ([], [{"text": "a 1"}], [{"text": ""}]):
        inputs = {label: [str(write_jsonl(tmp_path / f"{label}.jsonl", rows[label] + more))] for label in rows}
        training = Training(inputs, "m", "MIT", classifier_settings("dclm", {**SMALL, "epoch": 1}))
        train = partial(train_from_files, training, scheduler=LocalScheduler(1))
        places.add(made_model(train, "m", None, store.url, False).place)
    assert len(places) == 3


def test_texts_are_scored_in_the_form_that_trained(files: dict[str, Path], tmp_path: Path) -> None:
    folder = trained(files, tmp_path / "m", preset="folded", max_documents=20, epoch=1)
    own = load_scorer(ModelConfig(model=str(folder)))
    other = load_scorer(ModelConfig(model=str(folder), text="lines"))
    anyones = load_scorer(ModelConfig(model=str(folder / "model.bin"), label="dense"))
    assert [one.classifier.form for one in (own, other, anyones)] == ["words", "lines", "lines"]


def test_of_each_label_at_most_so_many_documents_are_taken(files: dict[str, Path], tmp_path: Path) -> None:
    metrics = metrics_of(trained(files, tmp_path / "m", max_documents=20, held_out=0.25, epoch=1))
    assert metrics["trained"] == 30
    assert {label: one["documents"] for label, one in metrics["held_out"]["by_label"].items()} == {
        "dense": 5,
        "polished": 5,
    }


def test_the_card_says_what_the_metrics_say(half: Path) -> None:
    card, metrics = (half / "card.md").read_text(), metrics_of(half)["held_out"]
    assert f"Accuracy {metrics['accuracy']:.4f}" in card
    assert "| dense | dense.jsonl | 467 |" in card
    assert f"| dense | {metrics['confusion']['dense']['dense']} | {metrics['confusion']['dense']['polished']} |" in card
    filled = [b for b in metrics["by_label"]["dense"]["calibration"]["bins"] if b["documents"]]
    assert sum(b["documents"] for b in filled) == metrics["documents"]
    assert all(b["from"] <= b["mean_score"] <= b["to"] for b in filled)


def test_documents_that_cannot_teach_are_left_out_by_name(files: dict[str, Path], tmp_path: Path) -> None:
    both = "A text that stands under either label, which says nothing of either."
    odd = [{"text": " \n"}, {"text": "a __label__dense b"}, {"text": "twice is once"}, {"text": "twice\nis once"}, b"{",
           {"text": both}]  # fmt: skip
    more = {
        "dense": write_jsonl(tmp_path / "d.jsonl", [*files["dense"].read_bytes().splitlines(), *odd]),
        "polished": write_jsonl(tmp_path / "p.jsonl", [*files["polished"].read_bytes().splitlines(), {"text": both}]),
    }
    folder = trained(more, tmp_path / "m")
    assert metrics_of(folder)["refused"] == {
        "dense": {"empty": 1, "label_prefix": 1, "repeated": 1, "several_labels": 1, "unreadable": 1},
        "polished": {"several_labels": 1},
    }
    assert metrics_of(folder)["trained"] + metrics_of(folder)["held_out"]["documents"] == 467 + 508 + 1
    assert "1 label_prefix" in (folder / "card.md").read_text()


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ({"a": [{"text": "x"}, {"text": "y"}]}, "1 label: a classifier needs two"),
        ({"a": [{"text": "x"}, {"text": "y"}], "b": [{"text": ""}, {"text": "z"}]}, "label 'b': 1 documents.*1 empty"),
        ({"a": [{"text": "x"}], "no label": [{"text": "z"}]}, "label 'no label': letters, digits"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(labels: dict[str, list[Any]], named: str, tmp_path: Path) -> None:
    files = {label: write_jsonl(tmp_path / f"{n}.jsonl", rows) for n, (label, rows) in enumerate(labels.items())}
    with pytest.raises(ConfigError, match=named):
        trained(files, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_wrong_preset_or_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="presets are dclm, dclm_unigrams, folded"):
        classifier_settings("dlcm", {})
    with pytest.raises(ConfigError, match="--set: unknown key 'epochs'; known keys: text, word_ngrams"):
        classifier_settings("dclm", {"epochs": 3})
    (tmp_path / "full").write_text("")
    with pytest.raises(ConfigError, match="not empty"):
        trained({"a": write_jsonl(tmp_path / "a.jsonl", [{"text": "x"}, {"text": "y"}]),
                 "b": write_jsonl(tmp_path / "b.jsonl", [{"text": "v"}, {"text": "w"}])}, tmp_path)  # fmt: skip


def test_the_preset_is_dclms_recipe() -> None:
    """Li et al. 2024: fastText's defaults, written out, over words and pairs of words."""
    wanted = {"dim": 100, "epoch": 5, "lr": 0.1, "word_ngrams": 2, "min_count": 1, "loss": "softmax", "text": "lines"}
    assert PRESETS["dclm"] == wanted
    assert {k: v for k, v in classifier_settings("dclm", {}).model_dump().items() if k in wanted} == wanted


def test_a_store_keeps_every_version_and_the_first_is_current(files: dict[str, Path], tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    inputs = {label: [str(path)] for label, path in files.items()}

    def publish(use: bool, **changes: Any) -> tuple[str, bool | None]:
        wanted = Training(inputs, "dense", "MIT", classifier_settings("dclm", {**SMALL, "epoch": 1, **changes}))
        made = made_model(lambda to: train_from_files(wanted, to, LocalScheduler(1)), "dense", None, store.url, use)
        assert made.place == f"{store.url}/models/dense/{made.manifest.fingerprint}"
        return made.manifest.fingerprint, made.current

    first, second = publish(False), publish(False, seed=1)
    assert (first[1], second[1]) == (True, False)
    assert current(store, "dense") == first[0]
    assert publish(True, seed=1) == (second[0], True)
    shown = CliRunner().invoke(cli, ["models", "--store", store.url, "--use", f"dense/{first[0]}", "--json"])
    assert shown.exit_code == 0, shown.output
    listed = json.loads(shown.stdout.splitlines()[-1])["models"]
    assert {one["fingerprint"]: one["current"] for one in listed} == {first[0]: True, second[0]: False}
    assert listed == list(versions(store))
